package bolt_test

import (
	"path/filepath"
	"testing"

	"tapstation/app/directory"
	"tapstation/storage/bolt"
	"tapstation/storage/storagetest"
)

func TestContract(t *testing.T) {
	storagetest.Run(t, func(t *testing.T) directory.Store {
		return bolt.New(filepath.Join(t.TempDir(), "data", bolt.Name))
	})
}

package bolt_test

import (
	"fmt"
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

// TestContractWithCommonWords answers every search as if there were very many users.
func TestContractWithCommonWords(t *testing.T) {
	for _, gather := range []int{0, 2} {
		t.Run(fmt.Sprint(gather), func(t *testing.T) {
			storagetest.Run(t, func(t *testing.T) directory.Store {
				s := bolt.New(filepath.Join(t.TempDir(), "data", bolt.Name))
				s.SetGatherMost(gather)
				return s
			})
		})
	}
}

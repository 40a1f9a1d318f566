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

// TestContractWithSmallSegments has few users fill many segments of the index, some of them loose, as a million would.
func TestContractWithSmallSegments(t *testing.T) {
	for _, loose := range []int{0, 3} {
		t.Run(fmt.Sprint(loose), func(t *testing.T) {
			storagetest.Run(t, func(t *testing.T) directory.Store {
				s := bolt.New(filepath.Join(t.TempDir(), "data", bolt.Name))
				s.SetSizes(7, 6, loose, 5)
				return s
			})
		})
	}
}

package boltfile

import (
	"encoding/binary"
	"fmt"
	"os"

	"go.etcd.io/bbolt"

	"tapstation/app/directory"
)

// bbolt's own check runs on a goroutine of its own, where a page that makes no sense ends the program, and one that
// leads back to itself never ends. So the pages are walked along before it, here, where nothing is believed. Their
// form is that of bbolt's file format, version 2: numbers in the order of the machine.
const (
	pageHeader, pageElement = 16, 16
	branchPage, leafPage    = 0x01, 0x02
	bucketLeaf              = 0x01
	metaRoot, metaTxid      = pageHeader + 16, pageHeader + 48
)

// pages walks along a file that is locked.
type pages struct {
	file *os.File
	size int    // of a page
	end  uint64 // number of pages
	seen map[uint64]bool
}

// walkPages tells whether all pages that can be reached are where they should be, each once, and what is in them
// within them.
func walkPages(h *handle, tx *bbolt.Tx) error {
	p := &pages{file: h.file, size: h.db.Info().PageSize, seen: map[uint64]bool{}}
	p.end = uint64(tx.Size()) / uint64(p.size)
	for meta := range uint64(2) {
		b := make([]byte, p.size)
		if _, err := p.file.ReadAt(b, int64(meta)*int64(p.size)); err != nil {
			return fmt.Errorf("%w: page %d: %w", directory.ErrDamaged, meta, err)
		}
		if binary.NativeEndian.Uint64(b[metaTxid:]) == uint64(tx.ID()) {
			return p.tree(binary.NativeEndian.Uint64(b[metaRoot:]))
		}
	}
	return fmt.Errorf("%w: neither of its first pages is in use", directory.ErrDamaged)
}

// tree walks along the pages below one, without calling itself: a tree may be as deep as it likes.
func (p *pages) tree(root uint64) error {
	for next := []uint64{root}; len(next) > 0; {
		id := next[len(next)-1]
		b, err := p.read(id)
		if err != nil {
			return err
		}
		below, err := p.below(id, b, false)
		if err != nil {
			return err
		}
		next = append(next[:len(next)-1], below...)
	}
	return nil
}

func (p *pages) read(id uint64) ([]byte, error) {
	if id < 2 || id >= p.end {
		return nil, fmt.Errorf("%w: page %d is not in the file", directory.ErrDamaged, id)
	}
	head := make([]byte, pageHeader)
	if _, err := p.file.ReadAt(head, int64(id)*int64(p.size)); err != nil {
		return nil, fmt.Errorf("%w: page %d: %w", directory.ErrDamaged, id, err)
	}
	overflow := uint64(binary.NativeEndian.Uint32(head[12:]))
	if binary.NativeEndian.Uint64(head) != id || overflow >= p.end-id {
		return nil, fmt.Errorf("%w: page %d makes no sense", directory.ErrDamaged, id)
	}
	for i := id; i <= id+overflow; i++ {
		if p.seen[i] {
			return nil, fmt.Errorf("%w: page %d is used twice", directory.ErrDamaged, i)
		}
		p.seen[i] = true
	}
	b := make([]byte, (overflow+1)*uint64(p.size))
	if _, err := p.file.ReadAt(b, int64(id)*int64(p.size)); err != nil {
		return nil, fmt.Errorf("%w: page %d: %w", directory.ErrDamaged, id, err)
	}
	return b, nil
}

// below are the pages that one leads to. A bucket that is small is a page within a leaf.
func (p *pages) below(id uint64, b []byte, within bool) (next []uint64, err error) {
	senseless := fmt.Errorf("%w: page %d holds what makes no sense", directory.ErrDamaged, id)
	kind, count := binary.NativeEndian.Uint16(b[8:]), int(binary.NativeEndian.Uint16(b[10:]))
	if kind != branchPage && kind != leafPage || kind == branchPage && (within || count == 0) || pageHeader+count*pageElement > len(b) {
		return nil, senseless
	}
	for i := range count {
		at := pageHeader + i*pageElement
		e := b[at:]
		var pos, key, value uint64
		if kind == branchPage {
			pos, key = uint64(binary.NativeEndian.Uint32(e)), uint64(binary.NativeEndian.Uint32(e[4:]))
			next = append(next, binary.NativeEndian.Uint64(e[8:]))
		} else {
			pos, key = uint64(binary.NativeEndian.Uint32(e[4:])), uint64(binary.NativeEndian.Uint32(e[8:]))
			value = uint64(binary.NativeEndian.Uint32(e[12:]))
		}
		from := uint64(at) + pos
		if from+key+value > uint64(len(b)) {
			return nil, senseless
		}
		if kind == branchPage || binary.NativeEndian.Uint32(e)&bucketLeaf == 0 {
			continue
		}
		bucket := b[from+key : from+key+value]
		switch {
		case within || len(bucket) < pageHeader: // buckets here hold no others
			return nil, senseless
		case binary.NativeEndian.Uint64(bucket) != 0:
			next = append(next, binary.NativeEndian.Uint64(bucket))
		case len(bucket) < 2*pageHeader:
			return nil, senseless
		default:
			if _, err := p.below(id, bucket[pageHeader:], true); err != nil {
				return nil, err
			}
		}
	}
	return next, nil
}

//go:build !linux

package bulk

func limitFiles() error { return nil }

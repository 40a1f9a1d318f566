package boltfile

// syncDir does nothing: Windows has no sync for folders, NTFS journals names by itself.
func syncDir(string) error { return nil }

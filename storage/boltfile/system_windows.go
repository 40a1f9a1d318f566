package boltfile

import "os"

// syncDir does nothing: Windows has no sync for folders, NTFS journals names by itself.
func syncDir(string) error { return nil }

// unlock does nothing: on Windows a lock ends with the file's handle, whatever is mapped.
func unlock(*os.File) {}

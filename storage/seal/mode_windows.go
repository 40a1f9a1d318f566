package seal

import "io/fs"

// readableByOthers cannot be told from the mode on Windows, where the folder's access list decides.
func readableByOthers(fs.FileMode) bool { return false }

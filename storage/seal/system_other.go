//go:build !linux

package seal

// keyringHere: Keychain and Credential Manager are always there.
func keyringHere() bool { return true }

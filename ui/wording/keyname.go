package wording

import (
	"fmt"

	"tapstation/app/directory"
	"tapstation/assets/text"
)

// KeyName is a name for the next key of a user who holds keys, in the language in use, that none of them has had:
// "Card", "Card 2", ….
func KeyName(keys []directory.SecurityKey, kind directory.Kind) string {
	used := make(map[string]bool, len(keys))
	for _, k := range keys {
		used[directory.Fold(k.Name)] = true
	}
	base := text.T("key.kind." + string(kind))
	name := base
	for n := 2; used[directory.Fold(name)]; n++ {
		name = fmt.Sprintf("%s %d", base, n)
	}
	return name
}

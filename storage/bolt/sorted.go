package bolt

import (
	"cmp"
	"encoding/hex"
	"slices"
	"strings"

	"tapstation/app/directory"
	"tapstation/storage/boltfile"
)

// sorted finds users in any order and by the keys they hold.
func (t *tx) sorted(q directory.UserQuery, limit int) (page directory.UserPage, err error) {
	type found struct {
		place string
		user  directory.User
	}
	var all []found
	words := directory.Words(q.Text)
	for key, raw := range t.scan(users, nil, nil) {
		if err := t.alive(); err != nil {
			return page, err
		}
		r, err := boltfile.Decode[userRecord](raw)
		if err != nil {
			return page, err
		}
		u := r.user()
		var group []byte
		if q.Group != "" {
			group = groupKey(q.Group)
		}
		holds, err := t.holds(u.ID, q.Keys)
		if err != nil {
			return page, err
		}
		if !holds || q.Disabled == directory.On && !u.Disabled || q.Disabled == directory.Off && u.Disabled ||
			!t.matches(key, nil, words, group) {
			continue
		}
		all = append(all, found{sortPlace(q.Sort, u) + "\x00" + string(key), u})
	}
	slices.SortFunc(all, func(a, b found) int {
		if q.Desc {
			return cmp.Compare(b.place, a.place)
		}
		return cmp.Compare(a.place, b.place)
	})
	after, err := hex.DecodeString(q.After)
	if err != nil {
		return page, nil
	}
	for _, f := range all {
		if len(after) > 0 && (q.Desc && f.place >= string(after) || !q.Desc && f.place <= string(after)) {
			continue
		}
		if len(page.Users) == limit {
			page.Next = hex.EncodeToString([]byte(sortPlace(q.Sort, page.Users[limit-1]) + "\x00" + directory.Fold(page.Users[limit-1].ID)))
			break
		}
		page.Users = append(page.Users, f.user)
	}
	return page, nil
}

func sortPlace(s directory.UserSort, u directory.User) string {
	switch s {
	case directory.ByName:
		return strings.ReplaceAll(directory.Fold(u.DisplayName()), "\x00", "")
	case directory.ByEmail:
		return strings.ReplaceAll(directory.Fold(u.Email), "\x00", "")
	case directory.ByCreated:
		return u.Created.UTC().Format("2006-01-02T15:04:05.000000")
	}
	return ""
}

func (t *tx) holds(userID string, h directory.Holding) (bool, error) {
	if h == directory.HoldsAny {
		return true, nil
	}
	active, is := false, false
	page, err := t.Keys(directory.KeyQuery{UserID: userID, Limit: keysMost})
	for _, k := range page.Keys {
		active = active || k.State == directory.Active
		is = is || string(k.State) == string(h) ||
			h == directory.HoldsPINless && k.State == directory.Active && k.Verification == directory.PINless
	}
	if h == directory.HoldsNoActive {
		return !active, err
	}
	return is, err
}

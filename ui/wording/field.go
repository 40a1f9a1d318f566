package wording

import (
	"tapstation/app/directory"
	"tapstation/assets/text"
)

// Field is what is said beside a field: what to write instead.
func Field(e directory.FieldError) string {
	switch e.Problem {
	case directory.Required:
		if e.Field == "user_id" {
			return text.T("field.user_id_required")
		}
		return text.T("field.required")
	case directory.Taken:
		return text.T("field.taken")
	case directory.TooLong:
		return text.N("field.too_long", e.Limit)
	case directory.TooMany:
		return text.N("field.too_many", e.Limit)
	case directory.InvalidEmail:
		return text.T("field.invalid_email")
	case directory.SurroundingSpace:
		return text.T("field.surrounding_space")
	case directory.InvalidCharacters:
		if e.Field == "groups" {
			return text.T("field.invalid_group")
		}
		return text.T("field.invalid_characters")
	case directory.OutOfRange:
		return text.N("field.out_of_range", e.Limit)
	}
	return text.T("field.invalid")
}

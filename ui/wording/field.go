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
	case directory.TooShort:
		return text.N("field.too_short", e.Limit)
	case directory.Repeated:
		return text.T("field.repeated")
	case directory.OwnName:
		return text.T("field.own_name")
	case directory.TooCommon:
		return text.T("field.too_common")
	case directory.InvalidDomain:
		return text.T("field.invalid_domain")
	case directory.InvalidLink:
		return text.T("field.invalid_link")
	case directory.InvalidImage:
		return text.T("field.invalid_image")
	case directory.OutOfRange:
		if e.Field == "logo" {
			return text.N("field.logo_too_large", e.Limit)
		}
		return text.N("field.out_of_range", e.Limit)
	}
	return text.T("field.invalid")
}

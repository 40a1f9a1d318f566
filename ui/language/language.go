// Package language makes the windows speak the language chosen: their own sentences and those that Fyne's widgets
// bring along, such as "Paste" in the menu of a field.
package language

import (
	"fmt"

	"fyne.io/fyne/v2/lang"

	"tapstation/assets/text"
)

// Use is text.Use for a program with windows. Call it before the first window is made.
func Use(language string) error {
	if err := text.Use(language); err != nil {
		return err
	}
	words, err := text.Messages(text.Language())
	if err != nil {
		return err
	}
	// Fyne always follows the system: what is wanted is given to it as if it were the system's language.
	if err := lang.AddTranslationsForLocale(words, lang.SystemLocale()); err != nil {
		return fmt.Errorf("give Fyne the translation %q: %w", text.Language(), err)
	}
	return nil
}

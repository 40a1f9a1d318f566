// Package language makes the windows speak the language chosen: their own sentences and those that Fyne's widgets
// bring along, such as "Paste" in the menu of a field.
package language

import (
	"fmt"

	"fyne.io/fyne/v2/lang"
	"github.com/jeandeaual/go-locale"

	"tapstation/assets/text"
)

// Use is text.Use for a program with windows; the empty language is the system's, or English where there is no such
// translation. Call it before the first window is made.
func Use(language string) error {
	if language == "" {
		language = system()
	}
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

// system is the first language of the system that there is a translation into; empty where there is none.
func system() string {
	preferred, _ := locale.GetLocales() // a system that tells no language is no reason not to start
	for _, name := range preferred {
		if text.Speaks(name) {
			return name
		}
	}
	return ""
}

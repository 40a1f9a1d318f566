package tour

import (
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"testing"
)

func TestBlankPictureIsNoPicture(t *testing.T) {
	img := image.NewRGBA(image.Rect(0, 0, 8, 8))
	if !blank(img) {
		t.Error("an empty picture passes")
	}
	img.Set(7, 7, color.White)
	if blank(img) {
		t.Error("a picture with something in it is called blank")
	}
	if !blank(image.NewRGBA(image.Rectangle{})) {
		t.Error("a picture of no size passes")
	}
}

func TestPictureIsKeptAsItIs(t *testing.T) {
	img := image.NewRGBA(image.Rect(0, 0, 3, 2))
	img.Set(1, 1, color.RGBA{10, 20, 30, 255})
	path := filepath.Join(t.TempDir(), "x.png")
	if err := save(path, img); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	got, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	if r, g, b, _ := got.At(1, 1).RGBA(); r>>8 != 10 || g>>8 != 20 || b>>8 != 30 || got.Bounds().Dx() != 3 {
		t.Errorf("the picture came back as %v of %v", got.At(1, 1), got.Bounds())
	}
	if err := save(filepath.Join(t.TempDir(), "no", "such", "folder.png"), img); err == nil {
		t.Error("a picture that cannot be kept is no error")
	}
}

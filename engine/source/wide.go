package source

import (
	"bytes"

	"glovebox.example/glovebox"
)

// wideText says whether a text is in the declared form of UTF-16, as far as its
// start says.
func wideText(head []byte, encoding string) bool {
	little, big := bytes.HasPrefix(head, []byte{0xff, 0xfe}), bytes.HasPrefix(head, []byte{0xfe, 0xff})
	switch encoding {
	case "utf-16":
		return little || big
	case "utf-16le":
		return little || !big && wide(head, 1)
	}
	return big || !little && wide(head, 0)
}

// refuseWide says what a text is that is not in the declared form of UTF-16.
func refuseWide(head []byte, def glovebox.Source) error {
	switch {
	case len(head) == 0:
		return glovebox.Errorf(glovebox.CodeInvalid, "the file holds nothing").WithFix("export it again; a CSV file holds at least its header")
	case bytes.HasPrefix(head, []byte{0xff, 0xfe}) || bytes.HasPrefix(head, []byte{0xfe, 0xff}):
		return notThis(textName(def), &kindOfFile{name: "text in UTF-16", fix: fixUTF16})
	case wide(head, 1):
		return notThis(textName(def), &kindOfFile{name: "text in UTF-16, little-endian, without a byte order mark", fix: fixUTF16LE})
	case wide(head, 0):
		return notThis(textName(def), &kindOfFile{name: "text in UTF-16, big-endian, without a byte order mark", fix: fixUTF16BE})
	case utf8Head(head):
		return notThis(textName(def), &kindOfFile{name: "text in UTF-8", fix: fixIsUTF8})
	case isGB18030(head):
		return notThis(textName(def), &kindOfFile{name: "text in GB 18030 or GBK", fix: fixGB18030})
	}
	return notThis(textName(def), &kindOfFile{name: "not text in UTF-16", fix: fixUTF8})
}

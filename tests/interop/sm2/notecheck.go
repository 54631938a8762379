// Opens a signed note by the one key that is given, and expects a second signature that it does not know.
// Standard input: a verifier key on the first line, the note after it.
package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

func fail(format string, args ...interface{}) {
	fmt.Fprintf(os.Stderr, format+"\n", args...)
	os.Exit(1)
}

func main() {
	input, err := io.ReadAll(os.Stdin)
	if err != nil {
		fail("cannot read: %v", err)
	}
	parts := strings.SplitN(string(input), "\n", 2)
	if len(parts) != 2 {
		fail("no verifier key and note")
	}
	verifier, err := note.NewVerifier(parts[0])
	if err != nil {
		fail("verifier key: %v", err)
	}
	opened, err := note.Open([]byte(parts[1]), note.VerifierList(verifier))
	if err != nil {
		fail("the note does not open: %v", err)
	}
	if len(opened.Sigs) != 1 || len(opened.UnverifiedSigs) != 1 {
		fail("%d verified and %d unknown signatures, not one of each", len(opened.Sigs), len(opened.UnverifiedSigs))
	}
	if opened.UnverifiedSigs[0].Name != verifier.Name() {
		fail("the unknown line is of %q", opened.UnverifiedSigs[0].Name)
	}
	// A changed text opens no more.
	spoilt := strings.Replace(parts[1], "\n8\n", "\n9\n", 1)
	if _, err := note.Open([]byte(spoilt), note.VerifierList(verifier)); err == nil {
		fail("a note of another size opened")
	}
	fmt.Println("ok")
}

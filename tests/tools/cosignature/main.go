// Opens the signed note on standard input by the witnesses' keys that are its arguments (C2SP tlog-cosignature, Ed25519), with the
// libraries that other logs and their witnesses use, and prints each cosignature's name and time.
package main

import (
	"fmt"
	"io"
	"os"

	cosignature "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"
)

func fail(code int, err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(code)
}

func main() {
	var verifiers []note.Verifier
	for _, vkey := range os.Args[1:] {
		verifier, err := cosignature.NewVerifierForCosignatureV1(vkey)
		if err != nil {
			fail(2, err)
		}
		verifiers = append(verifiers, verifier)
	}
	message, err := io.ReadAll(os.Stdin)
	if err != nil {
		fail(2, err)
	}
	opened, err := note.Open(message, note.VerifierList(verifiers...))
	if err != nil {
		fail(1, err)
	}
	for _, signature := range opened.Sigs {
		time, err := cosignature.CoSigV1Timestamp(signature)
		if err != nil {
			fail(1, err)
		}
		fmt.Printf("%s %d\n", signature.Name, time.Unix())
	}
}

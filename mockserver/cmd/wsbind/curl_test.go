package main

import (
	"cmp"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
)

// curl stands in for the real one, of which the session that serve prints
// needs four flags: the machine that runs the tests may have none.
func curl() {
	method, url, body := "", "", "" // without -X, -d decides on the method
	header := http.Header{}
	for i := 1; i < len(os.Args); i++ {
		next := func() string {
			i++
			return os.Args[i]
		}
		switch arg := os.Args[i]; arg {
		case "-sS":
		case "-X":
			method = next()
		case "-H":
			name, value, _ := strings.Cut(next(), ": ")
			header.Set(name, value)
		case "-d":
			method, body = cmp.Or(method, http.MethodPost), next()
		default:
			url = arg
		}
	}
	request, err := http.NewRequest(method, url, strings.NewReader(body))
	if err == nil {
		request.Header = header
		var answer *http.Response
		if answer, err = http.DefaultClient.Do(request); err == nil {
			var text []byte
			text, err = io.ReadAll(answer.Body)
			if len(text) > 0 {
				fmt.Printf("%s\n", text) // in one write, other jobs print too
			}
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "curl:", err)
		os.Exit(1)
	}
}

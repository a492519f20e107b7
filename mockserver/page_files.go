package mockserver

import (
	"crypto/sha256"
	"encoding/base64"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/mockserver/internal/fhirhttp"
)

// indexPath is the file that stands at / for browsers.
const indexPath = "/index.html"

// page is the page of Config.Page: its files, listed once, by the path that each
// has on the server.
type page struct{ files map[string]*pageFile }

// pageFile is one file of the page, in the forms that the build has left, best
// first.
type pageFile struct {
	path         string
	contentType  string
	cacheControl string
	forms        []pageForm
}

// pageForm is a file in one content coding. What read returns stays in memory from
// the first time on, so that the entity tag is always that of the bytes.
type pageForm struct {
	coding string
	read   func() (pageBody, error)
}

type pageBody struct {
	bytes     []byte
	entityTag string
}

func newPageBody(bytes []byte) pageBody {
	sum := sha256.Sum256(bytes)
	return pageBody{bytes, `"` + base64.RawURLEncoding.EncodeToString(sum[:18]) + `"`}
}

// identity is the content coding that is none (RFC 9110, section 12.5.3).
const identity = "identity"

// codings are those that the build compresses to, best first.
var codings = []struct{ name, suffix string }{{"br", ".br"}, {"gzip", ".gz"}, {identity, ""}}

// readPage lists the files of a page: all but those whose name begins with a dot.
func readPage(files fs.FS) (*page, error) {
	if files == nil {
		return nil, nil
	}
	names, err := listFiles(files)
	if err != nil {
		return nil, unusable("Page: %v", err)
	}
	p := &page{map[string]*pageFile{}}
	for name := range names {
		if extension := path.Ext(name); extension == ".br" || extension == ".gz" {
			continue // a form of another file
		}
		var forms []pageForm
		for _, coding := range codings {
			if file := name + coding.suffix; names[file] {
				forms = append(forms, formOf(files, file, coding.name))
			}
		}
		p.files["/"+name] = newPageFile("/"+name, forms...)
	}
	if p.files[indexPath] == nil {
		return nil, unusable("Page: it has no index.html")
	}
	return p, nil
}

func listFiles(files fs.FS) (map[string]bool, error) {
	names := map[string]bool{}
	return names, fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case name != "." && strings.HasPrefix(entry.Name(), "."):
			if entry.IsDir() {
				return fs.SkipDir
			}
		case entry.Type().IsRegular():
			names[name] = true
		}
		return nil
	})
}

func formOf(files fs.FS, name, coding string) pageForm {
	return pageForm{coding, sync.OnceValues(func() (pageBody, error) {
		bytes, err := fs.ReadFile(files, name)
		return newPageBody(bytes), err
	})}
}

// contentTypes are those of what a page is made of, by extension.
var contentTypes = map[string]string{
	".html": "text/html; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".mjs":  "text/javascript; charset=utf-8",
	".css":  "text/css; charset=utf-8",
	".txt":  "text/plain; charset=utf-8",
	".svg":  "image/svg+xml",
	".png":  "image/png",
	".ico":  "image/x-icon",
	".json": "application/json",
	".map":  "application/json",
	".wasm": "application/wasm",
}

// hashed is the name of a file that the build names for its content: eight letters
// before the extension. A word of eight may stand there too, so hasHash asks for
// more; the rare hash without a capital or a digit is asked for again each time.
var hashed = regexp.MustCompile(`^/assets/.*[-.]([A-Za-z0-9_-]{8})(?:\.[a-z0-9]+)+$`)

func hasHash(path string) bool {
	match := hashed.FindStringSubmatch(path)
	return match != nil && strings.ContainsAny(match[1], "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
}

func newPageFile(name string, forms ...pageForm) *pageFile {
	f := &pageFile{path: name, contentType: contentTypes[path.Ext(name)], cacheControl: "no-cache", forms: forms}
	if f.contentType == "" {
		f.contentType = "application/octet-stream"
	}
	if hasHash(name) {
		f.cacheControl = "public, max-age=31536000, immutable"
	}
	return f
}

// serve answers a GET or HEAD in the form that the request prefers.
func (f *pageFile) serve(s *Server, w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Add("Vary", "Accept-Encoding")
	form, ok := f.choose(r)
	if !ok {
		var names []string
		for _, form := range f.forms {
			names = append(names, form.coding)
		}
		writeError(w, r, fault.New(fault.NotAcceptable, "Accept-Encoding rules out every coding that there is: "+strings.Join(names, ", ")))
		return
	}
	body, err := form.read()
	if err != nil {
		s.cfg.Logger.Error("cannot read the page", "path", f.path, "error", err.Error())
		writeError(w, r, fault.Internal)
		return
	}
	h.Set("Cache-Control", f.cacheControl)
	h.Set("ETag", body.entityTag)
	if hasTag(r, body.entityTag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Type", f.contentType)
	h.Set("Content-Length", strconv.Itoa(len(body.bytes)))
	if form.coding != identity {
		h.Set("Content-Encoding", form.coding)
	}
	w.WriteHeader(http.StatusOK)
	if r.Method != http.MethodHead {
		w.Write(body.bytes) // a client that is gone cannot be told
	}
}

// choose returns the form that a request prefers, and of several the best one. It
// reports false where the request rules out all of them.
func (f *pageFile) choose(r *http.Request) (best pageForm, ok bool) {
	weights := codingWeights(r)
	quality := 0.0
	for _, form := range f.forms {
		if q := weights(form.coding); q > quality {
			best, quality, ok = form, q, true
		}
	}
	return best, ok
}

// codingWeights reads Accept-Encoding (RFC 9110, section 12.5.3). What is not
// listed is not accepted, but for identity: that is ruled out by name or by an
// asterisk only, and else comes after everything that is asked for.
func codingWeights(r *http.Request) (weight func(coding string) float64) {
	weights := map[string]float64{}
	for item := range strings.SplitSeq(strings.Join(r.Header.Values("Accept-Encoding"), ","), ",") {
		coding, params, err := mime.ParseMediaType(item)
		if _, again := weights[coding]; err == nil && !again {
			weights[coding] = fhirhttp.QualityValue(params)
		}
	}
	return func(coding string) float64 {
		if q, listed := weights[coding]; listed {
			return q
		}
		if q, listed := weights["*"]; listed {
			return q
		}
		if coding == identity {
			return 0.0001 // less than the least that a client can say
		}
		return 0
	}
}

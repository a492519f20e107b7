package main

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var testImages = []image{
	{platform{"amd64", "linux"}, standIn},
	{platform{"arm64", "linux"}, append([]byte("arm "), standIn...)},
}

// readLayout is an image layout as a container engine reads it.
type readLayout struct {
	t     *testing.T
	files map[string][]byte
	seen  map[string]bool // blobs that something points to
}

func openLayout(t *testing.T, archive []byte) *readLayout {
	t.Helper()
	l := &readLayout{t, map[string][]byte{}, map[string]bool{}}
	for _, f := range untar(t, archive, made) {
		if _, twice := l.files[f.name]; twice {
			t.Errorf("%s is there twice", f.name)
		}
		l.files[f.name] = f.body
	}
	return l
}

var digestForm = regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)

// blob returns what a descriptor points to, when all it says is true.
func (l *readLayout) blob(d descriptor, mediaType string) []byte {
	l.t.Helper()
	if d.MediaType != mediaType || !digestForm.MatchString(d.Digest) {
		l.t.Fatalf("the descriptor is %+v, a %s is due", d, mediaType)
	}
	name := "blobs/sha256/" + strings.TrimPrefix(d.Digest, "sha256:")
	blob, ok := l.files[name]
	if !ok || int64(len(blob)) != d.Size || digest(blob) != d.Digest {
		l.t.Fatalf("%s: %d bytes with digest %s, the descriptor says %+v", name, len(blob), digest(blob), d)
	}
	l.seen[name] = true
	return blob
}

// decode reads a document that has no member beside those of value.
func decode(t *testing.T, text []byte, value any) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(value); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
}

func (l *readLayout) index(text []byte) (i index) {
	l.t.Helper()
	decode(l.t, text, &i)
	if i.SchemaVersion != 2 || i.MediaType != typeIndex {
		l.t.Errorf("the index is version %d of %s", i.SchemaVersion, i.MediaType)
	}
	return i
}

func testLayout(t *testing.T) *readLayout {
	t.Helper()
	archive, err := layoutArchive(testRelease, testImages)
	if err != nil {
		t.Fatal(err)
	}
	return openLayout(t, archive)
}

func TestLayoutHoldsAnImagePerPlatform(t *testing.T) {
	l := testLayout(t)
	var version struct {
		ImageLayoutVersion string `json:"imageLayoutVersion"`
	}
	decode(t, l.files["oci-layout"], &version)
	if version.ImageLayoutVersion != "1.0.0" {
		t.Errorf("oci-layout says %+v", version)
	}
	top := l.index(l.files["index.json"])
	if len(top.Manifests) != 1 || top.Manifests[0].Annotations[annotationRef] != "localhost/wsbind:"+testRelease.version {
		t.Fatalf("index.json lists %+v", top.Manifests)
	}
	list := l.index(l.blob(top.Manifests[0], typeIndex))
	if len(list.Manifests) != len(testImages) {
		t.Fatalf("%d manifests", len(list.Manifests))
	}
	for n, d := range list.Manifests {
		if d.Platform == nil || *d.Platform != testImages[n].platform {
			t.Fatalf("manifest %d is for %v", n, d.Platform)
		}
		l.checkImage(d, testImages[n])
	}
	for name := range l.files {
		if strings.HasPrefix(name, "blobs/sha256/") && !strings.HasSuffix(name, "/") && !l.seen[name] {
			t.Errorf("nothing points to %s", name)
		}
	}
}

func (l *readLayout) checkImage(d descriptor, want image) {
	l.t.Helper()
	var m manifest
	decode(l.t, l.blob(d, typeManifest), &m)
	if m.SchemaVersion != 2 || m.MediaType != typeManifest || len(m.Layers) != 1 {
		l.t.Fatalf("the manifest is %+v", m)
	}
	var c imageConfig
	decode(l.t, l.blob(m.Config, typeConfig), &c)
	text := gunzip(l.t, l.blob(m.Layers[0], typeLayer))
	if c.platform != want.platform || c.RootFS.Type != "layers" || !slices.Equal(c.RootFS.DiffIDs, []string{digest(text)}) {
		l.t.Errorf("the config is %+v, its layer %s", c, digest(text))
	}
	if c.Created != "2026-03-01T12:00:01Z" || len(c.History) != 1 {
		l.t.Errorf("the config was created at %s, by %v", c.Created, c.History)
	}
	if !maps.Equal(c.Config.Labels, m.Annotations) || c.Config.Labels["org.opencontainers.image.revision"] != testRelease.revision {
		l.t.Errorf("the labels are %v, the annotations %v", c.Config.Labels, m.Annotations)
	}
	files := untar(l.t, text, made)
	if got := names(files); !slices.Equal(got, []string{
		"etc/ drwxr-xr-x", "etc/passwd -rw-r--r--", "tmp/ dtrwxrwxrwx", "wsbind -rwxr-xr-x",
	}) {
		l.t.Errorf("the layer holds %q", got)
	}
	if i := slices.IndexFunc(files, func(f packed) bool { return f.name == "wsbind" }); i < 0 || !bytes.Equal(files[i].body, want.binary) {
		l.t.Errorf("the binary of %s is another one", want.platform)
	}
}

// Members of the config have fixed names, which no decoder of ours would miss.
func TestConfigSpeaksTheWordsOfTheSpecification(t *testing.T) {
	text, err := json.Marshal(testImages[0].config(testRelease, "sha256:0"))
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	delete(got["config"].(map[string]any), "Labels")
	want := map[string]any{
		"created": "2026-03-01T12:00:01Z", "architecture": "amd64", "os": "linux",
		"config": map[string]any{
			"User":         "65532",
			"ExposedPorts": map[string]any{"8080/tcp": map[string]any{}},
			"Entrypoint":   []any{"/wsbind"},
			"Cmd":          []any{"serve", "--listen", "0.0.0.0:8080", "--management", "127.0.0.1:8081"},
			"WorkingDir":   "/tmp",
		},
		"rootfs":  map[string]any{"type": "layers", "diff_ids": []any{"sha256:0"}},
		"history": []any{map[string]any{"created": "2026-03-01T12:00:01Z", "created_by": "make image"}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("the config is %v\nwant %v", got, want)
	}
}

// The command of the image is one that wsbind knows, by its golden help.
func TestImageServesWithFlagsThatExist(t *testing.T) {
	help, err := os.ReadFile("../../cmd/wsbind/testdata/help/" + serve[0] + ".txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range serve {
		if strings.HasPrefix(word, "--") && !strings.Contains(string(help), " "+word+" ") {
			t.Errorf("wsbind serve has no flag %s", word)
		}
	}
}

func TestLayoutIsReproducible(t *testing.T) {
	first, err := layoutArchive(testRelease, testImages)
	if err != nil {
		t.Fatal(err)
	}
	for range 5 { // maps come in another order each time
		if again, err := layoutArchive(testRelease, testImages); err != nil || !bytes.Equal(again, first) {
			t.Fatalf("another layout comes out (%v)", err)
		}
	}
	var previous string
	for _, f := range untar(t, first, made)[4:] { // behind the documents and folders
		if f.name <= previous || f.mode != fs.FileMode(0o644) {
			t.Errorf("%s %v comes behind %s", f.name, f.mode, previous)
		}
		previous = f.name
	}
}

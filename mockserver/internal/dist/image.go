package main

import "time"

// image is the binary of one platform.
type image struct {
	platform platform
	binary   []byte
}

// user is the number that the process runs as: nobody who owns a file.
const user = "65532"

// passwd gives the user a name and a home, where wsbind keeps what it compiles.
const passwd = "nonroot:x:" + user + ":" + user + ":nonroot:/tmp:/wsbind\n"

// serve is what a container does unless it is told otherwise. Nothing outside of
// a container reaches its loopback interface, so the mock listens on every other
// one too. The management interface is for those in the container until somebody
// publishes it, by another --management.
var serve = []string{"serve", "--listen", "0.0.0.0:8080", "--management", "127.0.0.1:8081"}

// files are the whole file system of a container.
func (i image) files() []entry {
	return []entry{
		{"etc/", 0o755, nil},
		{"etc/passwd", 0o644, []byte(passwd)},
		{"tmp/", 0o1777, nil},
		{"wsbind", 0o755, i.binary},
	}
}

// labels say what an image is, in the image and on its documents.
func (r release) labels() map[string]string {
	return map[string]string{
		"org.opencontainers.image.title":       "wsbind",
		"org.opencontainers.image.description": "mock server and checkers for FHIR's $get-ws-binding-token",
		"org.opencontainers.image.version":     r.version,
		"org.opencontainers.image.revision":    r.revision,
		"org.opencontainers.image.created":     r.created(),
		"org.opencontainers.image.licenses":    "Apache-2.0",
	}
}

func (r release) created() string { return r.made.Format(time.RFC3339) }

// config is the image's, of which the layer has the digest diffID.
func (i image) config(r release, diffID string) imageConfig {
	return imageConfig{
		Created:  r.created(),
		platform: i.platform,
		Config: runConfig{
			User:         user,
			ExposedPorts: map[string]struct{}{"8080/tcp": {}},
			Entrypoint:   []string{"/wsbind"},
			Cmd:          serve,
			WorkingDir:   "/tmp",
			Labels:       r.labels(),
		},
		RootFS:  rootFS{"layers", []string{diffID}},
		History: []history{{r.created(), "make image"}},
	}
}

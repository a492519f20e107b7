// Command dist packs wsbind for those who build nothing:
//
//	go run ./mockserver/internal/dist archives bin/dist
//	go run ./mockserver/internal/dist image bin/dist
//
// archives writes one archive per platform, image an OCI image layout for the
// Linux ones, and either the checksums of all that there is of this version. It
// is run in the root of the work tree, by make dist and make image, which build
// the WebAssembly modules first.
//
// # What it promises
//
// The same commit, built by the same Go release, gives the same bytes: what is
// packed has a fixed order and owner, and the time of the commit, or the one in
// SOURCE_DATE_EPOCH.
package main

import (
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: dist archives|image FOLDER")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "dist:", err)
		os.Exit(1)
	}
}

func run(what, folder string) error {
	packers := map[string]func(string, release) error{"archives": writeArchives, "image": writeImage}
	pack, known := packers[what]
	if !known {
		return fmt.Errorf("%q is nothing that can be packed: archives or image is due", what)
	}
	r, err := releaseOf(".")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	if err := pack(folder, r); err != nil {
		return err
	}
	return writeSums(folder, r)
}

// writeArchives builds and packs wsbind for every platform.
func writeArchives(folder string, r release) error {
	var documents []entry
	for _, name := range []string{"LICENSE", "README.md"} {
		body, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		documents = append(documents, entry{name, 0o644, body})
	}
	for _, p := range platforms {
		binary, err := build(r, p)
		if err != nil {
			return err
		}
		body, err := archive(r, p, binary, documents)
		if err != nil {
			return err
		}
		if err := write(folder, r.archiveName(p), body); err != nil {
			return err
		}
	}
	return nil
}

// writeImage builds wsbind for the platforms of containers and packs the image.
func writeImage(folder string, r release) error {
	var images []image
	for _, p := range platforms {
		if p.OS != "linux" {
			continue
		}
		binary, err := build(r, p)
		if err != nil {
			return err
		}
		images = append(images, image{p, binary})
	}
	body, err := layoutArchive(r, images)
	if err != nil {
		return err
	}
	return write(folder, r.imageName(), body)
}

// write leaves a whole file or none: a run that was stopped must not leave half
// of one for the checksums of the next.
func write(folder, name string, body []byte) error {
	path := filepath.Join(folder, name)
	if err := os.WriteFile(path+".part", body, 0o644); err != nil {
		return err
	}
	if err := os.Rename(path+".part", path); err != nil {
		return err
	}
	fmt.Println(path)
	return nil
}

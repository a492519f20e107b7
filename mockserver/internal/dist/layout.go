package main

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// layout collects the blobs of an OCI image layout, by their digests.
type layout map[string][]byte

// layoutArchive packs an image for several platforms as an image layout.
func layoutArchive(r release, images []image) ([]byte, error) {
	blobs := layout{}
	list := index{SchemaVersion: 2, MediaType: typeIndex, Annotations: r.labels()}
	for _, i := range images {
		d, err := blobs.addImage(r, i)
		if err != nil {
			return nil, err
		}
		list.Manifests = append(list.Manifests, d)
	}
	top, err := blobs.addJSON(typeIndex, list)
	if err != nil {
		return nil, err
	}
	// One entry for all platforms, so that the name stands for all of them.
	top.Annotations = map[string]string{annotationRef: "localhost/wsbind:" + r.version}
	head, err := json.Marshal(index{SchemaVersion: 2, MediaType: typeIndex, Manifests: []descriptor{top}})
	if err != nil {
		return nil, err
	}
	return tarred(blobs.files(head), r.made)
}

// addImage adds what one platform needs and returns what points to it.
func (l layout) addImage(r release, i image) (descriptor, error) {
	text, err := tarred(i.files(), r.made)
	if err != nil {
		return descriptor{}, err
	}
	packed, err := gzipped(text)
	if err != nil {
		return descriptor{}, err
	}
	config, err := l.addJSON(typeConfig, i.config(r, digest(text)))
	if err != nil {
		return descriptor{}, err
	}
	d, err := l.addJSON(typeManifest, manifest{
		SchemaVersion: 2, MediaType: typeManifest,
		Config: config, Layers: []descriptor{l.add(typeLayer, packed)}, Annotations: r.labels(),
	})
	d.Platform = &i.platform
	return d, err
}

func (l layout) addJSON(mediaType string, value any) (descriptor, error) {
	text, err := json.Marshal(value)
	if err != nil {
		return descriptor{}, err
	}
	return l.add(mediaType, text), nil
}

func (l layout) add(mediaType string, blob []byte) descriptor {
	d := digest(blob)
	l[d] = blob
	return descriptor{MediaType: mediaType, Digest: d, Size: int64(len(blob))}
}

func digest(blob []byte) string { return fmt.Sprintf("sha256:%x", sha256.Sum256(blob)) }

// files are those of the layout. What tells a reader the rest comes first.
func (l layout) files(head []byte) []entry {
	entries := []entry{
		{"oci-layout", 0o644, []byte(`{"imageLayoutVersion":"1.0.0"}`)},
		{"index.json", 0o644, head},
		{"blobs/", 0o755, nil},
		{"blobs/sha256/", 0o755, nil},
	}
	for _, d := range slices.Sorted(maps.Keys(l)) {
		entries = append(entries, entry{"blobs/sha256/" + strings.TrimPrefix(d, "sha256:"), 0o644, l[d]})
	}
	return entries
}

package jsonscan

// grow makes room for more nodes, with the text read up to the offset. Once it
// has seen enough it expects the rest of the text to be like what was read: a
// large text leaves little garbage behind then, where append, which grows by a
// quarter at a time, leaves four times what it keeps.
func (d *Document) grow(offset int) {
	const enough = 1 << 12
	n := len(d.nodes)
	room := max(64, 4*n)
	if n >= enough {
		expected := n * len(d.src) / max(offset, 1)
		room = max(expected+expected/16, n+n/2)
	}
	nodes := make([]node, n, room)
	copy(nodes, d.nodes)
	d.nodes = nodes
}

package wire

// Stalled reports whether a Stall has struck: nothing that is written arrives.
func (c *Conn) Stalled() bool {
	_, stalled := c.held()
	return stalled
}

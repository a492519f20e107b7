package main

// verification are the options of verify_begin.
type verification struct{}

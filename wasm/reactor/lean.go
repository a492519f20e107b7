//go:build !jose

package main

// moduleName is what describe calls this build.
const moduleName = "lean"

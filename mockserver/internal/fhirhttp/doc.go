// Package fhirhttp is what FHIR asks of every HTTP server: media types, operations
// as their definitions have them, and answers. The mock server and the gate share it.
package fhirhttp

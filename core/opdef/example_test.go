package opdef_test

import (
	"fmt"
	"strings"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/opdef"
	"github.com/wsbind/wsbind/schemas"
)

func Example() {
	definition, _ := schemas.Find("R4", "get-ws-binding-token")
	loaded := opdef.Load(definition.Bytes(), opdef.Options{})
	if loaded.Definition == nil {
		fmt.Println(loaded.Issues)
		return
	}
	fmt.Println(strings.Join(loaded.Definition.Methods(fhir.R4, opdef.TypeLevel), ", "))

	v := opdef.NewValidator(loaded.Definition, fhir.R4)
	body := `{"resourceType":"Parameters","parameter":[{"name":"id","valueString":"1"},{"name":"ids","valueId":"2"}]}`
	issues := v.Validate([]byte(body), opdef.In, opdef.TypeLevel)
	fmt.Println(fault.Valid(issues))
	for _, i := range issues {
		fmt.Printf("%s %s: %s\n", i.Code, i.Expression, i.Diagnostics)
	}
	// Output:
	// GET, HEAD, POST
	// false
	// wrong-value-type Parameters.parameter[0].value: parameter "id" has "valueString", valueId is due
	// unknown-parameter Parameters.parameter[1]: the operation has no parameter "ids" here
}

package fhir

import "cmp"

// openTypes says for every type where it can be the value: of an extension,
// and of a parameter. The two differ in R4B alone, whose Extension has
// CodeableReference and RatioRange but not Meta, and whose Parameters are R4's.
var openTypes = [numTypes]struct{ inExtension, inParameter releases }{
	tAddress:               {always, always},
	tAge:                   {always, always},
	tAnnotation:            {always, always},
	tAttachment:            {always, always},
	tAvailability:          {inR5, inR5},
	tBase64Binary:          {always, always},
	tBoolean:               {always, always},
	tCanonical:             {always, always},
	tCode:                  {always, always},
	tCodeableConcept:       {always, always},
	tCodeableReference:     {fromR4B, inR5},
	tCoding:                {always, always},
	tContactDetail:         {always, always},
	tContactPoint:          {always, always},
	tContributor:           {upToR4B, upToR4B},
	tCount:                 {always, always},
	tDataRequirement:       {always, always},
	tDate:                  {always, always},
	tDateTime:              {always, always},
	tDecimal:               {always, always},
	tDistance:              {always, always},
	tDosage:                {always, always},
	tDuration:              {always, always},
	tExpression:            {always, always},
	tExtendedContactDetail: {inR5, inR5},
	tHumanName:             {always, always},
	tId:                    {always, always},
	tIdentifier:            {always, always},
	tInstant:               {always, always},
	tInteger:               {always, always},
	tInteger64:             {inR5, inR5},
	tMarkdown:              {always, always},
	tMeta:                  {inR4 | inR5, always},
	tMoney:                 {always, always},
	tOid:                   {always, always},
	tParameterDefinition:   {always, always},
	tPeriod:                {always, always},
	tPositiveInt:           {always, always},
	tQuantity:              {always, always},
	tRange:                 {always, always},
	tRatio:                 {always, always},
	tRatioRange:            {fromR4B, inR5},
	tReference:             {always, always},
	tRelatedArtifact:       {always, always},
	tSampledData:           {always, always},
	tSignature:             {always, always},
	tString:                {always, always},
	tTime:                  {always, always},
	tTiming:                {always, always},
	tTriggerDefinition:     {always, always},
	tUnsignedInt:           {always, always},
	tUri:                   {always, always},
	tUrl:                   {always, always},
	tUsageContext:          {always, always},
	tUuid:                  {always, always},
}

// ValueType returns the type that the rest of the name of a value[x] means, and
// whether a parameter of the release can have it: "DateTime" is dateTime, since
// the member is called valueDateTime. The zero Release has the types of all.
func ValueType(r Release, suffix []byte) (Type, bool) {
	t := valueType(suffix)
	return t, t != noType && openTypes[t].inParameter.has(r) && openTypes[t].inParameter != 0
}

// IsValueType reports whether a parameter of the release can have a value of
// the type; the zero Release has the types of all.
func (t Type) IsValueType(r Release) bool {
	return noType < t && t < numTypes && openTypes[t].inParameter != 0 && openTypes[t].inParameter.has(r)
}

// valueType finds a type by its name with a capital first letter.
func valueType(suffix []byte) Type {
	if len(suffix) == 0 || suffix[0] < 'A' || suffix[0] > 'Z' {
		return noType
	}
	low, high := noType+1, lastNamed+1
	for low < high {
		mid := low + (high-low)/2
		if compareSuffix(typeInfos[mid].name, suffix) < 0 {
			low = mid + 1
		} else {
			high = mid
		}
	}
	if low <= lastNamed && compareSuffix(typeInfos[low].name, suffix) == 0 {
		return low
	}
	return noType
}

// compareSuffix compares the name of a type, with a capital first letter, and
// a suffix that has one.
func compareSuffix(name string, suffix []byte) int {
	if c := cmp.Compare(name[0]&^0x20, suffix[0]); c != 0 {
		return c
	}
	switch rest := name[1:]; {
	case rest < string(suffix[1:]):
		return -1
	case rest > string(suffix[1:]):
		return 1
	}
	return 0
}

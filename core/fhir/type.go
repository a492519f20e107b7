package fhir

import (
	"cmp"
	"strings"
)

// Type is a datatype of FHIR, primitive or complex. The zero Type is none.
type Type uint8

// The types, sorted by their names with a capital first letter, as value[x]
// spells them. After them come the elements with elements of their own, which
// have no name that a document could use.
const (
	noType Type = iota

	tAddress
	tAge
	tAnnotation
	tAttachment
	tAvailability
	tBase64Binary
	tBoolean
	tCanonical
	tCode
	tCodeableConcept
	tCodeableReference
	tCoding
	tContactDetail
	tContactPoint
	tContributor
	tCount
	tDataRequirement
	tDate
	tDateTime
	tDecimal
	tDistance
	tDosage
	tDuration
	tElementDefinition
	tExpression
	tExtendedContactDetail
	tExtension
	tHumanName
	tId
	tIdentifier
	tInstant
	tInteger
	tInteger64
	tMarkdown
	tMarketingStatus
	tMeta
	tMonetaryComponent
	tMoney
	tNarrative
	tOid
	tParameterDefinition
	tPeriod
	tPopulation
	tPositiveInt
	tProdCharacteristic
	tProductShelfLife
	tQuantity
	tRange
	tRatio
	tRatioRange
	tReference
	tRelatedArtifact
	tSampledData
	tSignature
	tString
	tSubstanceAmount
	tTime
	tTiming
	tTriggerDefinition
	tUnsignedInt
	tUri
	tUrl
	tUsageContext
	tUuid
	tVirtualServiceDetail
	tXhtml

	tAvailabilityAvailableTime
	tAvailabilityNotAvailableTime
	tDataRequirementCodeFilter
	tDataRequirementDateFilter
	tDataRequirementSort
	tDataRequirementValueFilter
	tDosageDoseAndRate
	tOperationDefinition
	tOperationDefinitionOverload
	tOperationDefinitionParameter
	tOperationDefinitionParameterBinding
	tOperationDefinitionParameterReferencedFrom
	tTimingRepeat

	numTypes

	// tChoice stands in a table for one of several types, as in value[x].
	tChoice = numTypes

	lastNamed = tXhtml
)

// FindType returns the type with the name that the specification gives it, such
// as "dateTime" or "CodeableConcept"; the zero Type when there is none.
// Abstract types and resource types are none of them: see [IsAbstractType],
// [IsAbstractResource] and [IsResourceType].
func FindType(name string) Type {
	if name == "" {
		return noType
	}
	low, high := noType+1, lastNamed+1
	for low < high {
		mid := low + (high-low)/2
		if compareCapital(typeInfos[mid].name, name) < 0 {
			low = mid + 1
		} else {
			high = mid
		}
	}
	if low <= lastNamed && typeInfos[low].name == name {
		return low
	}
	return noType
}

// compareCapital compares two names as if both began with a capital.
func compareCapital(a, b string) int {
	if c := cmp.Compare(a[0]&^0x20, b[0]&^0x20); c != 0 {
		return c
	}
	return strings.Compare(a[1:], b[1:])
}

// String returns the name that the specification gives the type.
func (t Type) String() string {
	if t < numTypes {
		return typeInfos[t].name
	}
	return ""
}

// Primitive reports whether t is a primitive type.
func (t Type) Primitive() bool { return t < numTypes && typeInfos[t].primitive }

// In reports whether the release has the type; the zero Release has all.
func (t Type) In(r Release) bool { return noType < t && t < numTypes && typeInfos[t].in.has(r) }

// typeInfo says in which releases a type exists.
type typeInfo struct {
	name      string
	in        releases
	primitive bool
}

var typeInfos = [numTypes]typeInfo{
	tAddress:                             {"Address", always, false},
	tAge:                                 {"Age", always, false},
	tAnnotation:                          {"Annotation", always, false},
	tAttachment:                          {"Attachment", always, false},
	tAvailability:                        {"Availability", inR5, false},
	tBase64Binary:                        {"base64Binary", always, true},
	tBoolean:                             {"boolean", always, true},
	tCanonical:                           {"canonical", always, true},
	tCode:                                {"code", always, true},
	tCodeableConcept:                     {"CodeableConcept", always, false},
	tCodeableReference:                   {"CodeableReference", fromR4B, false},
	tCoding:                              {"Coding", always, false},
	tContactDetail:                       {"ContactDetail", always, false},
	tContactPoint:                        {"ContactPoint", always, false},
	tContributor:                         {"Contributor", always, false},
	tCount:                               {"Count", always, false},
	tDataRequirement:                     {"DataRequirement", always, false},
	tDate:                                {"date", always, true},
	tDateTime:                            {"dateTime", always, true},
	tDecimal:                             {"decimal", always, true},
	tDistance:                            {"Distance", always, false},
	tDosage:                              {"Dosage", always, false},
	tDuration:                            {"Duration", always, false},
	tElementDefinition:                   {"ElementDefinition", always, false},
	tExpression:                          {"Expression", always, false},
	tExtendedContactDetail:               {"ExtendedContactDetail", inR5, false},
	tExtension:                           {"Extension", always, false},
	tHumanName:                           {"HumanName", always, false},
	tId:                                  {"id", always, true},
	tIdentifier:                          {"Identifier", always, false},
	tInstant:                             {"instant", always, true},
	tInteger:                             {"integer", always, true},
	tInteger64:                           {"integer64", inR5, true},
	tMarkdown:                            {"markdown", always, true},
	tMarketingStatus:                     {"MarketingStatus", always, false},
	tMeta:                                {"Meta", always, false},
	tMonetaryComponent:                   {"MonetaryComponent", inR5, false},
	tMoney:                               {"Money", always, false},
	tNarrative:                           {"Narrative", always, false},
	tOid:                                 {"oid", always, true},
	tParameterDefinition:                 {"ParameterDefinition", always, false},
	tPeriod:                              {"Period", always, false},
	tPopulation:                          {"Population", upToR4B, false},
	tPositiveInt:                         {"positiveInt", always, true},
	tProdCharacteristic:                  {"ProdCharacteristic", upToR4B, false},
	tProductShelfLife:                    {"ProductShelfLife", always, false},
	tQuantity:                            {"Quantity", always, false},
	tRange:                               {"Range", always, false},
	tRatio:                               {"Ratio", always, false},
	tRatioRange:                          {"RatioRange", fromR4B, false},
	tReference:                           {"Reference", always, false},
	tRelatedArtifact:                     {"RelatedArtifact", always, false},
	tSampledData:                         {"SampledData", always, false},
	tSignature:                           {"Signature", always, false},
	tString:                              {"string", always, true},
	tSubstanceAmount:                     {"SubstanceAmount", inR4, false},
	tTime:                                {"time", always, true},
	tTiming:                              {"Timing", always, false},
	tTriggerDefinition:                   {"TriggerDefinition", always, false},
	tUnsignedInt:                         {"unsignedInt", always, true},
	tUri:                                 {"uri", always, true},
	tUrl:                                 {"url", always, true},
	tUsageContext:                        {"UsageContext", always, false},
	tUuid:                                {"uuid", always, true},
	tVirtualServiceDetail:                {"VirtualServiceDetail", inR5, false},
	tXhtml:                               {"xhtml", always, true},
	tAvailabilityAvailableTime:           {"Availability.availableTime", inR5, false},
	tAvailabilityNotAvailableTime:        {"Availability.notAvailableTime", inR5, false},
	tDataRequirementCodeFilter:           {"DataRequirement.codeFilter", always, false},
	tDataRequirementDateFilter:           {"DataRequirement.dateFilter", always, false},
	tDataRequirementSort:                 {"DataRequirement.sort", always, false},
	tDataRequirementValueFilter:          {"DataRequirement.valueFilter", inR5, false},
	tDosageDoseAndRate:                   {"Dosage.doseAndRate", always, false},
	tOperationDefinition:                 {"OperationDefinition", always, false},
	tOperationDefinitionOverload:         {"OperationDefinition.overload", always, false},
	tOperationDefinitionParameter:        {"OperationDefinition.parameter", always, false},
	tOperationDefinitionParameterBinding: {"OperationDefinition.parameter.binding", always, false},
	tOperationDefinitionParameterReferencedFrom: {"OperationDefinition.parameter.referencedFrom", always, false},
	tTimingRepeat: {"Timing.repeat", always, false},
}

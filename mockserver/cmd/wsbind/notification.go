package main

import (
	"github.com/spf13/cobra"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
)

func notificationCommand(s streams) *cobra.Command {
	var release, engineName string
	var asJSON, asStream bool
	c := &cobra.Command{
		Use:   "notification [flags] [FILE...|-]",
		Short: "check notification Bundles",
		Long: `wsbind notification checks Bundles that a Subscription's websocket carries:
handshake, heartbeat, event-notification, and the answers of $status and
$events. It reads the files, or stdin.

Every issue is a line FILE:LINE:COLUMN: SEVERITY CODE: DIAGNOSTICS (EXPRESSION).
With --json each document is answered by an OperationOutcome, a line each.

` + jsonlHelp + `

  {"id":1,"fhir":"R4","document":"text of the Bundle"}
  {"id":1,"valid":false,"issues":[…]}

An absent fhir means R4.

` + engineHelp + engineLimitHelp,
		Example: `  wsbind notification handshake.json
  wsbind notification --fhir R5 --json - < handshake-r5.json
  echo '{"id":1,"document":"{}"}' | wsbind notification --jsonl`,
		RunE: withEngine(&engineName, func(e engine, args []string) error {
			r, err := parseRelease(release)
			if err != nil {
				return err
			}
			if asStream {
				return s.stream(args, notificationAnswerer(e, r))
			}
			return s.judge(args, asJSON, func(text []byte) ([]fault.Issue, error) { return e.checkNotification(text, r) })
		}),
	}
	c.Flags().StringVar(&release, "fhir", "R4", "the FHIR release: R4, R4B or R5")
	c.Flags().BoolVar(&asJSON, "json", false, "print an OperationOutcome per document")
	c.Flags().BoolVar(&asStream, "jsonl", false, "answer a stream of requests, one per line")
	c.MarkFlagsMutuallyExclusive("json", "jsonl")
	engineFlag(c, &engineName)
	return c
}

func notificationAnswerer(e engine, fallback fhir.Release) answerer {
	return func(dst []byte, r *request) ([]byte, error) {
		release := choice(r, "fhir", fallback.String(), parseRelease)
		document := r.document("document")
		if err := r.done("fhir", "document"); err != nil {
			return dst, err
		}
		issues, err := e.checkNotification(document, release)
		return appendVerdict(dst, document, issues), err
	}
}

// appendVerdict appends the members of an answer about a document.
func appendVerdict(dst, text []byte, issues []fault.Issue) []byte {
	if fault.Valid(issues) {
		dst = append(dst, `,"valid":true,"issues":`...)
	} else {
		dst = append(dst, `,"valid":false,"issues":`...)
	}
	return appendIssues(dst, text, issues)
}

// appendIssues appends a list, which is never null.
func appendIssues(dst, text []byte, issues []fault.Issue) []byte {
	return fhir.AppendIssues(dst, text, issues)
}

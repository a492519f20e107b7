// The channel in Go: step by step with the packages of core, and whole with the
// client.

import { goFields, goProgram, wsbind } from "./go.ts";
import { jsonLiteral } from "./literal.ts";
import type { Subscribed } from "./place.ts";
import { goRaw, goString } from "./quote.ts";
import { FHIR_JSON } from "./rest.ts";
import { tokenRequest } from "./token-request.ts";

const forToken = ["io", "log", "net/http", wsbind.binding, wsbind.fault, wsbind.fhir, wsbind.opdef];

/** One step, after those that come before it. */
export function goStep(place: Subscribed, step: "token" | "connect" | "bind"): string {
  const body = tokenRequest(place).body === undefined ? [] : ["strings"];
  const imports = [...forToken, ...body, "fmt", ...(step === "token" ? [] : ["context", "github.com/coder/websocket"])];
  return goProgram({ imports, main: stepMain[step], functions: [bindingToken(place)] });
}

const stepMain = {
  token: `	token := bindingToken()
	fmt.Println(token.Subscriptions, token.WebsocketURL, token.Expiration)`,
  connect: `	token := bindingToken()
	socket, answer, err := websocket.Dial(context.Background(), token.WebsocketURL, nil)
	check(err)
	defer socket.CloseNow()
	fmt.Println(answer.Status)`,
  bind: `	ctx, token := context.Background(), bindingToken()
	socket, _, err := websocket.Dial(ctx, token.WebsocketURL, nil)
	check(err)
	defer socket.CloseNow()
	check(socket.Write(ctx, websocket.MessageText, binding.AppendBind(nil, token.Token)))
	_, handshake, err := socket.Read(ctx)
	check(err)
	fmt.Printf("%s\\n", handshake)`,
} as const;

/** The function that gets a token and checks what was answered. */
function bindingToken(place: Subscribed): string {
  const { url, body } = tokenRequest(place);
  const parameters = body === undefined ? "" : `\tparameters := strings.NewReader(${goRaw(jsonLiteral(body))})\n`;
  const level = place.ids.length === 1 ? "InstanceLevel" : "TypeLevel";
  return `func bindingToken() binding.Response {
${parameters}	url := ${goString(url)}
	answer, err := http.Post(url, ${goString(FHIR_JSON)}, ${body === undefined ? "nil" : "parameters"})
	check(err)
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	check(err)
	reader, err := binding.NewReader(fhir.${place.fhir}, nil)
	check(err)
	token, issues := reader.ResponseAt(body, opdef.${level})
	if !fault.Valid(issues) {
		log.Fatal(&fault.Invalid{Issues: issues})
	}
	return token
}`;
}

/** The client does every step by itself. */
export function goClient({ base, fhir, ids }: Subscribed, what: "renew" | "disconnect" | "listen"): string {
  const { before, inside, imports, log } = clientParts[what];
  const fields = {
    Base: goString(base),
    Release: `fhir.${fhir}`,
    ...(ids.length > 0 && { Subscriptions: `[]string{${ids.map(goString).join(", ")}}` }),
    ...(log !== "" && { Log: log }),
  };
  return goProgram({
    imports: ["context", "fmt", ...imports, wsbind.client, wsbind.fhir],
    main: `${before}	config := client.Config{
${goFields(fields, "\t\t")}
	}
	for n, err := range client.Notifications(context.Background(), config) {
		check(err)
${inside}
	}`,
  });
}

const clientParts = {
  renew: {
    imports: ["log/slog", "os"],
    before: "\t// Another token is bound before the first one expires, and that is logged.\n\tdebug := &slog.HandlerOptions{Level: slog.LevelDebug}\n",
    log: "slog.New(slog.NewTextHandler(os.Stderr, debug))",
    inside: "\t\tfmt.Println(n.Kind, n.Subscription)",
  },
  disconnect: {
    imports: [],
    before: "",
    log: "",
    inside: "\t\tfmt.Println(n.Kind, n.Subscription)\n\t\tbreak // which closes the websocket: the Subscription stays",
  },
  listen: {
    imports: [],
    before: "",
    log: "",
    inside: "\t\tfmt.Println(n.Kind, n.Subscription, n.Events)",
  },
} as const;

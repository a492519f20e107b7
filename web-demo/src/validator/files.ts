// Files that are dropped on the panel or chosen.

import { asError, engine } from "../engine.ts";
import { bytes } from "../ui/words.ts";
import { change, decode, message, shownText, work } from "./state.ts";
import { CUSTOM, resourceTypeOf } from "./work.ts";

/** What is read where the engine does not say yet how much it reads. */
const LIMIT = 16_777_216;

/** Reads a file as the shown text; an OperationDefinition becomes the definition, wherever it is dropped. */
export async function takeFile(file: File): Promise<void> {
  const limit = engine.value.state === "ready" ? engine.value.description.limits.documentBytes : LIMIT;
  if (file.size > limit) {
    message.value = { tone: "bad", title: `${file.name} is too large.`, text: `It has ${bytes(file.size)}, a document may have ${bytes(limit)} at most. It was not read.` };
    return;
  }
  try {
    take(file.name, new Uint8Array(await file.arrayBuffer()));
  } catch (err) {
    message.value = { tone: "bad", title: `${file.name} cannot be read.`, text: asError(err).message };
  }
}

function take(name: string, read: Uint8Array): void {
  const type = resourceTypeOf(new TextDecoder().decode(read));
  const isDefinition = type === "OperationDefinition" || (type === "" && shownText.value === "definition");
  if (isDefinition) {
    const { kind } = work.value;
    shownText.value = "definition";
    change({ definition: decode("definition", read), operation: CUSTOM, ...(kind === "notification" && { kind: "request" }) });
  } else {
    shownText.value = "document";
    change({ document: decode("document", read) });
  }
  const whole = work.value[shownText.value];
  message.value = whole.includes("\ufffd")
    ? { tone: "warning", title: `${name} is shown with replaced characters.`, text: "Where its bytes are not UTF-8 stands \ufffd. They are judged as they came, until you change something." }
    : { tone: "good", title: isDefinition ? `${name} is the definition now.` : `${name} is the document now.` };
}

/** Everything public of the client. */

export { SubscriptionClient } from "./client.js";
export type { AnyListener, ListenerOptions, NotificationIterator } from "./client.js";
export type { SubscriptionClientOptions } from "./options.js";
export { ClientEvent } from "./events.js";
export type {
  ClientClose, ClientEventMap, ClientProblem, ClientState, MissedEvents, ReceivedNotification, StateChange,
} from "./events.js";
export type { EventRange } from "./gaps.js";
export type { Clock as ClientClock } from "./clock.js";
export type { HeadersRequest, HeadersSource, HeadersValue } from "./rest.js";
export type { WebSocketConstructor, WebSocketEvent, WebSocketLike } from "./socket.js";

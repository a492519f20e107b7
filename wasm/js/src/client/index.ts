/** Everything public of the client. */

export { SubscriptionClient } from "./client.js";
export type { AnyListener, ListenerOptions, NotificationIterator } from "./client.js";
export type { SubscriptionClientOptions, SubscriptionStepsOptions } from "./options.js";
export { SubscriptionSteps } from "./steps.js";
export type { CreatedSubscription } from "./server.js";
export { EventTracker } from "./tracker.js";
export type { EventTrackerOptions, Sighted } from "./tracker.js";
export { websocketSubscription } from "./subscription.js";
export type { WebsocketSubscriptionOptions } from "./subscription.js";
export type { SubscriptionFilter } from "./filter.js";
export { ClientEvent } from "./events.js";
export type {
  ClientClose, ClientEventMap, ClientProblem, ClientState, MissedEvents, ReceivedNotification, StateChange,
  StepsClose, StepsEventMap, StepsNotification, StepsState, StepsStateChange,
} from "./events.js";
export type { EventRange } from "./gaps.js";
export type { Clock as ClientClock } from "./clock.js";
export type { HeadersRequest, HeadersSource, HeadersValue } from "./rest.js";
export type { WebSocketConstructor, WebSocketEvent, WebSocketLike } from "./socket.js";

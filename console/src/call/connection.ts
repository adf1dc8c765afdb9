/** One RTCPeerConnection for all that is sent and received. Its changes happen one after the other. */

import { Refusal } from "../shared/api.ts";
import type { SessionClient } from "./client.ts";
import type { TrackType } from "./types.ts";

/** Named so that the server's order of falling back, by the alphabet, goes from the best down. */
const LAYERS: RTCRtpEncodingParameters[] = [
  { rid: "c", scaleResolutionDownBy: 4, maxBitrate: 150_000 },
  { rid: "b", scaleResolutionDownBy: 2, maxBitrate: 500_000 },
  { rid: "a", scaleResolutionDownBy: 1, maxBitrate: 1_700_000 },
];
const LONGEST_SILENCE_MS = 4_000;
const LONGEST_CONNECTING_MS = 10_000;
const SCREEN: RTCRtpEncodingParameters[] = [{ maxBitrate: 2_500_000 }];
/** With `?relay` in its address the page connects by TURN alone: to try that, or not to show one's address. */
const POLICY: RTCIceTransportPolicy = new URLSearchParams(location.search).has("relay") ? "relay" : "all";

export interface Received {
  readonly trackId: string;
  readonly media: MediaStreamTrack;
}

interface Sent {
  readonly trackId: string;
  readonly transceiver: RTCRtpTransceiver;
}

export class Connection {
  readonly #client: SessionClient;
  readonly #peer: RTCPeerConnection;
  readonly #received: (received: Received) => void;
  readonly #failed: () => void;
  readonly #sent = new Map<string, Sent>();
  readonly #tracks = new Map<string, string>(); // mid → track
  #last: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  constructor(client: SessionClient, received: (received: Received) => void, failed: () => void) {
    this.#client = client;
    this.#received = received;
    this.#failed = failed;
    this.#peer = new RTCPeerConnection({
      iceServers: [...client.iceServers],
      iceTransportPolicy: POLICY,
      bundlePolicy: "max-bundle",
    });
    this.#peer.addEventListener("track", (event) => this.#arrived(event));
    let silence = 0;
    this.#peer.addEventListener("connectionstatechange", () => {
      clearTimeout(silence);
      const state = this.#peer.connectionState;
      if (state === "failed") this.#lost();
      // A browser gives up after some 20 s only; by then the others are told that one has left.
      if (state === "disconnected") silence = window.setTimeout(() => this.#lost(), LONGEST_SILENCE_MS);
    });
  }

  /** Send a track, and return its id. */
  publish(media: MediaStreamTrack, type: TrackType, name: string): Promise<string> {
    return this.#inTurn(async () => {
      const transceiver = await this.#offered(media, type);
      try {
        const published = await this.#client.publish(this.#peer.localDescription?.sdp ?? "", type, name);
        await this.#peer.setRemoteDescription({ type: "answer", sdp: published.sdp });
        this.#sent.set(published.track_id, { trackId: published.track_id, transceiver });
        return published.track_id;
      } catch (error) {
        transceiver.stop();
        if (this.#peer.signalingState === "have-local-offer") {
          await this.#peer.setLocalDescription({ type: "rollback" });
        }
        throw error;
      }
    });
  }

  /** Stop sending a track. */
  unpublish(trackId: string): Promise<void> {
    return this.#inTurn(async () => {
      const sent = this.#sent.get(trackId);
      this.#sent.delete(trackId);
      if (sent === undefined) return;
      await sent.transceiver.sender.replaceTrack(null);
      sent.transceiver.direction = "inactive";
      await this.#client.unpublish(trackId);
    });
  }

  /** Receive tracks; each arrives by the callback. Returns those of which nothing comes so far. */
  subscribe(trackIds: readonly string[]): Promise<readonly string[]> {
    return this.#inTurn(async () => {
      const done = await this.#client.subscribe(trackIds);
      for (const item of done.subscriptions) {
        if (item.status === "active" && item.mid !== null) this.#tracks.set(item.mid, item.track_id);
      }
      if (done.sdp !== null) {
        await this.#peer.setRemoteDescription({ type: "offer", sdp: done.sdp });
        await this.#peer.setLocalDescription(await this.#peer.createAnswer());
        await this.#client.answer(this.#peer.localDescription?.sdp ?? "");
      }
      return done.subscriptions.filter((item) => item.status !== "active").map((item) => item.track_id);
    });
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  close(): void {
    this.#isClosed = true;
    this.#peer.close();
  }

  /** Say once that this connection is of no more use. */
  #lost(): void {
    if (this.#isClosed) return;
    this.close();
    this.#failed();
  }

  #arrived(event: RTCTrackEvent): void {
    const trackId = this.#tracks.get(event.transceiver.mid ?? "");
    if (trackId !== undefined) this.#received({ trackId, media: event.track });
  }

  /** Offer a track: a camera in layers, unless the browser finds no number left to tell them apart. */
  async #offered(media: MediaStreamTrack, type: TrackType): Promise<RTCRtpTransceiver> {
    const choices = type === "video" ? [LAYERS, undefined] : type === "screen" ? [SCREEN] : [undefined];
    for (const [tries, sendEncodings] of choices.entries()) {
      const transceiver = this.#peer.addTransceiver(media, {
        direction: "sendonly",
        ...(sendEncodings === undefined ? {} : { sendEncodings }),
      });
      try {
        await this.#peer.setLocalDescription(await this.#peer.createOffer());
        return transceiver;
      } catch (error) {
        transceiver.stop();
        if (tries === choices.length - 1) throw error;
      }
    }
    throw new Error("unreachable");
  }

  /** Wait until what was negotiated first is connected: a further offer would only wait at the server. */
  #connected(): Promise<void> {
    const peer = this.#peer;
    if (peer.currentRemoteDescription === null || peer.connectionState === "connected") return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        if (peer.connectionState === "connecting" || peer.connectionState === "new") return;
        peer.removeEventListener("connectionstatechange", done);
        resolve();
      };
      peer.addEventListener("connectionstatechange", done);
      setTimeout(resolve, LONGEST_CONNECTING_MS);
    });
  }

  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const work = async (): Promise<T> => {
      await this.#connected();
      try {
        return await task();
      } catch (error) {
        // The server knows before the browser does that the other end is gone.
        if (error instanceof Refusal && error.code === "connection_lost") this.#lost();
        throw error;
      }
    };
    const mine = this.#last.then(work, work);
    this.#last = mine.catch(() => undefined);
    return mine;
  }
}

import type { ListenerCertificates, TlsSettings } from "../../core/certificates.ts";
import type { ConnectionBinding } from "../shared/connection-binding.ts";
import { type Accepted, ConnectionListener, type PeerLookup } from "../shared/connection-listener.ts";
import { StreamChannel } from "../shared/stream-channel.ts";
import type { ListenerOptions, ListenerStats } from "../transport.ts";
import { Handshakes } from "./handshakes.ts";
import { TlsInput } from "./tls-input.ts";

interface TlsListenerOptions extends ListenerOptions<"stream"> {
  readonly tls: TlsSettings;
}

/** Listens for TLS connections, and receives what their senders have encrypted. */
export class TlsListener extends ConnectionListener<StreamChannel> {
  readonly #handshakes: Handshakes;
  #failedHandshakes = 0;

  constructor(
    { accept, tls, ...settings }: TlsListenerOptions,
    bind: () => Promise<ConnectionBinding<StreamChannel>>,
    peers: PeerLookup,
  ) {
    const handshakes = new Handshakes(tls);
    const open = (accepted: Accepted): StreamChannel => {
      const failed = (reason: string): void => {
        this.#failedHandshakes++;
        tls.failed(reason, accepted.peer());
      };
      return new StreamChannel({
        ...accepted,
        openInput: (fd, receiver) => new TlsInput({ fd, handshakes, receiver, failed }),
        accept,
      });
    };
    super(settings, bind, { open, peers, openings: handshakes });
    this.#handshakes = handshakes;
  }

  override stats(): ListenerStats {
    return { ...super.stats(), failedHandshakes: this.#failedHandshakes };
  }

  renew(certificates: ListenerCertificates): void {
    this.#handshakes.renew(certificates);
  }
}

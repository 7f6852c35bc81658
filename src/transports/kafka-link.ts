import { Logger } from '@nestjs/common';
import type { KafkaConfig, Message, Producer, SASLOptions } from 'kafkajs';
import type { Socket } from 'node:net';
import { within } from '../lifecycle/within.js';
import { DestinationUnreachableError } from './broker-errors.js';
import type { KafkaOptions } from './kafka-options.js';
import { connectSocket, watched } from './kafka-sockets.js';
import { loadClient } from './load-client.js';

/** For all brokers that are tried; the rest of the relay's limit for one call is for what is sent. */
const CONNECT_LIMIT_MS = 4_000;
/** For one broker, so that the next one has its turn. */
const ONE_CONNECT_LIMIT_MS = 1_500;
const REQUEST_LIMIT_MS = 4_000;
const CLOSE_LIMIT_MS = 2_000;
const BETWEEN_BROKERS_MS = 50;

/** Connections to Kafka, as one producer. With the first of them that closes no new call uses it; the last one closes it. */
export class KafkaLink {
  #calls = 0;
  #isOpen = false;
  #isLost = false;
  #closing: Promise<void> | undefined;

  private constructor(
    private readonly producer: Producer,
    private readonly topic: string,
    private readonly sockets: ReadonlySet<Socket>,
    private readonly onLost: () => void,
  ) {}

  /** @throws {DestinationUnreachableError} */
  static async open(options: KafkaOptions, topic: string, onLost: () => void): Promise<KafkaLink> {
    const { Kafka, Partitioners } = await loadClient('kafka', 'kafkajs', () => import('kafkajs'));
    const sockets = new Set<Socket>();
    // Brokers close what is idle, and a call may be under way on other connections.
    const lose = (): void => {
      if (!link.#isOpen) return;
      onLost();
      link.#isLost = true;
      link.#closeIfDone();
    };
    const isClosing = (): boolean => link.#closing !== undefined;
    const kafka = new Kafka(configOf(options, sockets, lose, isClosing));
    const producer = kafka.producer({
      createPartitioner: Partitioners.DefaultPartitioner,
      // What follows is sent when this has arrived: with more under way the second can overtake the first.
      maxInFlightRequests: 1,
      // The relay sends again, on new connections.
      retry: { retries: 0 },
    });
    const link = new KafkaLink(producer, topic, sockets, onLost);
    try {
      await within(CONNECT_LIMIT_MS, 'connecting', producer.connect());
      link.#isOpen = true;
      return link;
    } catch (error) {
      void link.close();
      throw new DestinationUnreachableError('Kafka', error, 'check KAFKA_BROKERS, TLS and SASL');
    }
  }

  /** Keeps it open for a call, though it be lost to others. */
  async during(call: () => Promise<void>): Promise<void> {
    this.#calls++;
    try {
      await call();
    } finally {
      this.#calls--;
      this.#closeIfDone();
    }
  }

  /** Resolves when all replicas that are in sync have the messages. */
  async send(messages: Message[]): Promise<void> {
    const { topic } = this;
    await this.producer.send({ topic, messages, acks: -1, timeout: REQUEST_LIMIT_MS });
  }

  /** Once, however many ask for it. */
  close(): Promise<void> {
    return (this.#closing ??= this.#disconnect());
  }

  async #disconnect(): Promise<void> {
    this.onLost();
    try {
      await within(CLOSE_LIMIT_MS, 'closing', this.producer.disconnect());
    } catch {
      // Requests under way are what it waits for. They end with their connections, just below.
    }
    for (const socket of this.sockets) socket.destroy(new Error('closed'));
  }

  #closeIfDone(): void {
    if (this.#isLost && this.#calls === 0) void this.close();
  }
}

function configOf(
  options: KafkaOptions,
  sockets: Set<Socket>,
  onLost: () => void,
  isClosing: () => boolean,
): KafkaConfig {
  const { brokers, clientId = 'kakao-share', ssl, sasl, socketFactory = connectSocket } = options;
  const logger = new Logger('KafkaTransport');
  return {
    brokers: [...brokers],
    clientId,
    ...(ssl === undefined ? {} : { ssl }),
    ...(sasl === undefined ? {} : { sasl: sasl as SASLOptions }),
    connectionTimeout: ONE_CONNECT_LIMIT_MS,
    authenticationTimeout: ONE_CONNECT_LIMIT_MS,
    requestTimeout: REQUEST_LIMIT_MS,
    // Each time it connects to the next broker of the list.
    retry: {
      retries: brokers.length,
      initialRetryTime: BETWEEN_BROKERS_MS,
      maxRetryTime: BETWEEN_BROKERS_MS * 2,
    },
    socketFactory: watched(socketFactory, sockets, onLost, isClosing),
    // What fails is thrown as well and told by the relay, once; this is for who looks closer.
    logCreator:
      () =>
      ({ log }) => {
        logger.debug(log.message);
      },
  };
}

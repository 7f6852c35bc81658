import type { Socket } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import { TransportOptionsError } from './broker-errors.js';

export const KAFKA_SASL_MECHANISMS = ['plain', 'scram-sha-256', 'scram-sha-512'] as const;
export type KafkaSaslMechanism = (typeof KAFKA_SASL_MECHANISMS)[number];

/** Opens a connection; `ssl` is set where TLS is asked for. As kafkajs has it. */
export type KafkaSocketFactory = (address: {
  readonly host: string;
  readonly port: number;
  readonly ssl: ConnectionOptions;
  /** To be called once messages can be sent. */
  readonly onConnect: () => void;
}) => Socket;

export interface KafkaOptions {
  /** `host:port` of brokers to begin with; the others are learned from them. */
  readonly brokers: readonly string[];
  /** Default `kakao-share.events`. */
  readonly topic?: string;
  /** `true`: TLS that trusts the usual authorities. */
  readonly ssl?: boolean | ConnectionOptions;
  readonly sasl?: {
    readonly mechanism: KafkaSaslMechanism;
    readonly username: string;
    readonly password: string;
  };
  /** How brokers' logs name us. Default `kakao-share`. */
  readonly clientId?: string;
  /** Opens connections another way: through a proxy, say. */
  readonly socketFactory?: KafkaSocketFactory;
}

/** @throws {TransportOptionsError} */
export function checkKafkaBrokers(brokers: readonly string[]): void {
  if (brokers.length > 0 && brokers.every((broker) => /^[^\s:,/@]+:\d{1,5}$/.test(broker))) return;
  throw new TransportOptionsError('Kafka needs brokers, each as host:port.');
}

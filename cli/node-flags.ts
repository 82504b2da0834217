/**
 * The flags of `orrery node`, with the examples that its help ends with. What they come to together
 * with an INI file is for `settings/settings.ts`.
 */
import { Command, Option } from '@commander-js/extra-typings';
import { ALPHA_MAX, K_MAX, PATHS_MAX, REPLICATION_MAX, TTL_S_MAX } from '../src/limits.ts';
import { wholeNumber } from './flags.ts';
import { LOG_FORMATS, LOG_LEVELS } from './logging.ts';
import { quotaFlag } from './settings/quota.ts';
import { subnetContactsFlag } from './settings/reach.ts';
import { sizeFlag } from './settings/size.ts';

/** The command with its flags, without what it does. */
export function nodeFlags() {
  return new Command('node')
    .description('run one node of a network')
    .option('-a, --address <addr>', 'where to listen: an address, or ADDR:PORT (127.0.0.1)')
    .option('-p, --port <port>', 'where to listen: the port (6501)', wholeNumber(0, 65_535))
    .option('--bootstrap [host:port...]', 'nodes to join through; alone: listen_address of the INI')
    .option('--config <file>', 'INI file, section [dht]; flags win over it')
    .option('--data <dir>', 'data directory (.orrery/ADDR-PORT, _ for :)')
    .option('--api <addr:port>', 'where clients are served (port: listen port + 1000)')
    .option('--certificate <file>', 'certificate of the node (DATA/node.crt)')
    .option('--key <file>', 'its key (DATA/node.key)')
    .option('--authority <file>', 'certificate of the authority (DATA/authority.crt)')
    .option('--revoked <file>', 'revocation list (DATA/revoked.crl)')
    .option('--introducers <file>', 'a list of them, as "orrery introducers" writes it')
    .option('--voters <file>', 'who elects the leader: a list that the authority has signed')
    .option('--k <n>', 'contacts per bucket (20)', wholeNumber(1, K_MAX))
    .option('--alpha <n>', 'calls in flight of a lookup (3)', wholeNumber(1, ALPHA_MAX))
    .option('--paths <n>', 'disjoint paths of a lookup (1)', wholeNumber(1, PATHS_MAX))
    .option('--replication <n>', 'replicas unless a PUT says (8)', wholeNumber(1, REPLICATION_MAX))
    .option('--floor <n>', 'fewest replicas of a good PUT (1)', wholeNumber(1, REPLICATION_MAX))
    .option('--ttl <s>', 'seconds of life unless a PUT says (3600)', wholeNumber(1, TTL_S_MAX))
    .option('--ttl-max <s>', 'longest life of a value (2592000)', wholeNumber(1, TTL_S_MAX))
    .option('--quota <keys,size>', 'most to store (1000000,8GiB)', quotaFlag)
    .option('--publisher-quota <keys,size>', 'of one publisher (half of it)', quotaFlag)
    .option('--peer-quota <keys,size>', 'sent by one peer (half of it)', quotaFlag)
    .option('--subnet-links <n>', 'links taken from one /24 or /48 (16)', wholeNumber(1, 8192))
    .option(
      '--subnet-contacts <bucket,table>',
      'contacts from one /24 or /48, in a bucket and in all (2,10; 0: as many as there are)',
      subnetContactsFlag,
    )
    .option('--advertise <host:port...>', 'where others dial this node (where it listens)')
    .option('--classic', 'ids are addresses: in one network with older nodes (docs/classic.md)')
    .option('--client-only', 'nobody can dial this node: it puts and gets, and holds nothing')
    .option('--admin [addr:port]', 'dashboard, health and metrics (port: listen port + 2000)')
    .option('--record [file]', 'record what the core is given (DATA/recording.orrec)')
    .option('--record-size <size>', 'most on disk for it (256MiB)', sizeFlag)
    .option('--record-values', 'the bytes of values too, not only their SHA-256', false)
    .option('--strict-loopback', 'hold loopback to the limits per address too', false)
    .addOption(new Option('--log-level <level>').choices(LOG_LEVELS).default('info' as const))
    .addOption(new Option('--log-format <format>').choices(LOG_FORMATS).default('auto' as const))
    .option('--json', 'standard output in lines of JSON', false)
    .addHelpText('after', EXAMPLES);
}

const EXAMPLES = `
Examples:
  $ npx orrery node -a 127.0.0.1 -p 6501
  $ npx orrery node -a 127.0.0.1 -p 6502 --bootstrap 127.0.0.1:6501
  $ npx orrery node -a ::1 -p 6501
  $ npx orrery node --config dht.ini -p 6502 --bootstrap
  $ npx orrery node -p 6503 --bootstrap 127.0.0.1:6501 --classic --certificate node.crt \\
      --key node.key --authority authority.crt --data node-3
  $ npx orrery node -a 192.0.2.7 -p 6501 --data node-1     (after: npx orrery ca issue --out node-1)

Example of an INI file:
  [dht]
  listen_address = 127.0.0.1:6501
  api_address = 127.0.0.1:7501
  k = 20
  alpha = 3
  ttl = 3600
  quota = 100000,2GiB

On a loopback address a node without a certificate gets one of a development authority.
Ctrl-C stops it cleanly, a second Ctrl-C at once.`;

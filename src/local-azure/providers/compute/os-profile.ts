/**
 * What a machine may say of its system: names, users, passwords and data, by Azure's pages on machines and the wording of
 * its page of error messages. How varied a password has to be is left out: recorded traffic has a word in its place.
 */
import type { JsonObject } from '../../core.ts';
import { invalid, list, object, text } from './shared.ts';

const LONGEST_DATA = 87_380;
const NAME_SIGNS = '` ~ ! @ # $ % ^ & * ( ) = + _ [ ] { } \\ | ; : . \' " , < > / ?';
const NOT_IN_NAMES = /[`~!@#$%^&*()=+_[\]{}\\|;:'",<>/?\s]/;
const NOT_IN_USERS = /[\\/"[\]:|<>+=;,?*@&]/;
const USERS_REFUSED = new Set(
  (
    '1 123 a actuser adm admin admin1 admin2 administrator aspnet backup console david guest john owner root server sql ' +
    'support support_388945a0 sys test test1 test2 test3 user user1 user2 user3 user4 user5'
  ).split(' '),
);
const PASSWORDS_REFUSED = new Set(
  'abc@123 iloveyou! P@$$w0rd P@ssw0rd P@ssword123 Pa$$word pass@word1 Password! Password1 Password22'.split(' '),
);
const PASSWORD_LENGTHS = { Linux: [6, 72], Windows: [8, 123] } as const;

type System = 'Linux' | 'Windows';

/** Throws ArmError 400 InvalidParameter. */
export function requireOsProfile(profile: JsonObject, system: System, machineName: string): void {
  requireComputerName(text(profile['computerName']) || machineName, system);
  requireUser(text(profile['adminUsername']), system);
  requirePassword(profile, system);
  requireData('customData', profile['customData']);
  const keys = list(object(object(profile['linuxConfiguration'])['ssh'])['publicKeys']);
  for (const { path } of keys) {
    const home = `/home/${text(profile['adminUsername'])}/.ssh/authorized_keys`;
    if (path !== undefined && text(path) !== home) {
      throw invalid(
        'linuxConfiguration.ssh.publicKeys.path',
        `Destination path for SSH public keys is currently limited to its default value ${home} due to a known issue in Linux provisioning agent.`,
      );
    }
  }
}

/** Throws ArmError 400 InvalidParameter where it is no Base64, or too long. */
export function requireData(key: 'customData' | 'userData', value: unknown): void {
  if (value === undefined || value === '') return;
  const data = typeof value === 'string' ? value : '';
  if (data !== '' && data.length <= LONGEST_DATA && /^[A-Za-z0-9+/\s]+={0,2}\s*$/.test(data)) return;
  const what = key === 'customData' ? 'Custom data in OSProfile' : 'User data';
  throw invalid(key, `${what} must be in Base64 encoding and with a maximum length of ${LONGEST_DATA} characters.`);
}

function requireComputerName(name: string, system: System): void {
  if (system === 'Windows') {
    if (name.length <= 15 && !/^\d+$/.test(name) && !NOT_IN_NAMES.test(name) && !name.includes('.')) return;
    throw invalid(
      'computerName',
      `Windows computer name cannot be more than 15 characters long, be entirely numeric, or contain the following characters: ${NAME_SIGNS}.`,
    );
  }
  if (name.length <= 64 && !NOT_IN_NAMES.test(name)) return;
  throw invalid(
    'computerName',
    `Linux host name cannot exceed 64 characters in length or contain the following characters: ${NAME_SIGNS.replace(' .', '')}.`,
  );
}

function requireUser(name: string, system: System): void {
  if (name === '') throw invalid('adminUsername', "Required parameter 'adminUsername' is missing (null).");
  if (USERS_REFUSED.has(name.toLowerCase())) {
    throw invalid('adminUsername', 'The Admin Username specified is not allowed.');
  }
  if (system === 'Windows') {
    if (name.length <= 20 && !name.endsWith('.') && !NOT_IN_USERS.test(name)) return;
    throw invalid(
      'adminUsername',
      'Windows admin user name cannot be more than 20 characters long, end with a period(.), or contain the following characters: \\ / " [ ] : | < > + = ; , ? * @ &.',
    );
  }
  if (name.length > 64) throw invalid('adminUsername', 'The Admin Username specified is not allowed.');
}

function requirePassword(profile: JsonObject, system: System): void {
  const { disablePasswordAuthentication, ssh } = object(profile['linuxConfiguration']);
  const password = text(profile['adminPassword']);
  if (password === '') {
    const keys = list(object(ssh)['publicKeys']).length > 0;
    if (system === 'Linux' && keys && disablePasswordAuthentication === true) return;
    if (system === 'Linux' && disablePasswordAuthentication === true) {
      throw invalid(
        'linuxConfiguration',
        'Authentication using either SSH or by user name and password must be enabled in Linux profile.',
      );
    }
    throw invalid('adminPassword', "Required parameter 'adminPassword' is missing (null).");
  }
  if (PASSWORDS_REFUSED.has(password)) throw invalid('adminPassword', 'The Admin password specified is not allowed.');
  const [least, most] = PASSWORD_LENGTHS[system];
  if (password.length < least || password.length > most) {
    throw invalid(
      'adminPassword',
      `The supplied password must be between ${least}-${most} characters long and must satisfy at least 3 of password complexity requirements from the following:\r\n1) Contains an uppercase character\r\n2) Contains a lowercase character\r\n3) Contains a numeric digit\r\n4) Contains a special character\r\n5) Control characters are not allowed`,
    );
  }
}

/** The verbs of a machine: start, powerOff, deallocate, restart, generalize. */
import {
  ArmError,
  type AsyncForm,
  type JsonObject,
  type Route,
  type Services,
  type StoredResource,
} from '../../core.ts';
import { requireResource } from '../../refusals.ts';
import { setDiskState } from './disk-life.ts';
import { powerOf } from './instance-view.ts';
import { boot } from './machine-life.ts';
import { acceptAction, MACHINE_PATH, refuseWhileBusy, text, TYPES, update } from './shared.ts';
import { requireCoresOf } from './sizes.ts';

/** Some say when to ask first, the others leave it to the client. */
const form = (verb: string): AsyncForm => ({
  segment: 'operations',
  headers: 'both',
  notifiesSince: '2021-08-01',
  ...(/^(start|deallocate)$/.test(verb) ? { retryAfter: 10 } : {}),
});

type Verb = (services: Services, machine: StoredResource) => Promise<JsonObject>;

/** Each answers what to remember of the machine. */
const VERBS: Record<string, Verb> = {
  async start(services, machine) {
    await boot(services, machine);
    setDiskState(services, machine.body, 'Attached');
    return { power: 'running', booted: true };
  },
  async powerOff(services, machine) {
    await services.machines.stop(text(machine.hidden['key']));
    return { power: 'stopped' };
  },
  async deallocate(services, machine) {
    await services.machines.stop(text(machine.hidden['key']));
    setDiskState(services, machine.body, 'Reserved');
    return { power: 'deallocated' };
  },
  /** Puts right what the machine's model says; nothing here ever strays from it. */
  reapply: () => Promise.resolve({}),
  /** On to another host: what ran is started again. */
  async redeploy(services, machine) {
    if ((await powerOf(services, machine)) !== 'running') return {};
    await services.machines.stop(text(machine.hidden['key']));
    await boot(services, machine);
    return { power: 'running', booted: true };
  },
  async restart(services, machine) {
    await services.machines.stop(text(machine.hidden['key']));
    await boot(services, machine);
    return { power: 'running', booted: true };
  },
};

/** Verbs that a plain machine is refused, in Azure's words. */
const REFUSED: Record<string, (name: string) => string> = {
  performMaintenance: (name) =>
    `Operation 'performMaintenance' is not allowed on VM '${name}' since the Subscription of this VM is not eligible.`,
  capture: (name) => `Capture operation is not supported on VM '${name}' since it has managed disks.`,
  convertToManagedDisks: (name) => `VM '${name}' is already using managed disks.`,
  reimage: () =>
    'The Reimage and OSUpgrade Virtual Machine actions require that the virtual machine has Automatic OS Upgrades enabled.',
};

export function powerRoutes(services: Services): Route[] {
  return [
    ...Object.entries(REFUSED).map(([verb, why]): Route => ({
      method: 'POST',
      path: `${MACHINE_PATH}/${verb}`,
      handle({ id }) {
        const machine = machineAt(services, id, verb);
        throw new ArmError(409, 'OperationNotAllowed', why(text(machine.body['name'])));
      },
    })),
    {
      method: 'POST',
      path: `${MACHINE_PATH}/simulateEviction`,
      handle({ id }) {
        machineAt(services, id, 'simulateEviction');
        return { status: 204 };
      },
    },
    ...Object.keys(VERBS).map((verb): Route => ({
      method: 'POST',
      path: `${MACHINE_PATH}/${verb}`,
      handle(request) {
        const machine = machineAt(services, request.id, verb);
        refuseWhileBusy(services, machine);
        if (machine.hidden['generalized'] === true && (verb === 'start' || verb === 'restart')) {
          throw new ArmError(
            409,
            'OperationNotAllowed',
            `Operation '${verb}' is not allowed on VM '${text(machine.body['name'])}' since the VM is generalized.`,
          );
        }
        // Its cores were given back when it was deallocated, and are asked for again.
        if (verb === 'start' && machine.hidden['power'] === 'deallocated') requireCoresOf(services, machine);
        return acceptAction(services, request, machine, `${TYPES.machine}/${verb}`, form(verb));
      },
    })),
    {
      method: 'POST',
      path: `${MACHINE_PATH}/generalize`,
      async handle(request) {
        const machine = machineAt(services, request.id, 'generalize');
        refuseWhileBusy(services, machine);
        if ((await powerOf(services, machine)) === 'running') {
          throw new ArmError(
            409,
            'OperationNotAllowed',
            `The Virtual Machine '${text(machine.body['name'])}' must be stopped before it is generalized.`,
          );
        }
        update(services, machine.id, { hidden: { generalized: true } });
        return { status: 200 };
      },
    },
  ];
}

/** The id may or may not still carry the verb, as the pipeline hands it on. */
function machineAt(services: Services, id: string, verb: string): StoredResource {
  const tail = `/${verb}`.toLowerCase();
  return requireResource(services.store, id.toLowerCase().endsWith(tail) ? id.slice(0, -tail.length) : id);
}

export function registerPowerOperations(services: Services): void {
  for (const [verb, act] of Object.entries(VERBS)) {
    services.operations.register(`${TYPES.machine}/${verb}`, async ({ resourceId }) => {
      const machine = services.store.get(resourceId);
      if (machine === undefined) return;
      update(services, resourceId, { hidden: await act(services, machine) });
    });
  }
}

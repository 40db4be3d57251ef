/** How Microsoft.Network words what it refuses: all it says has a list of details, be it empty. */
import { ArmError, type ArmRequest, type Route } from '../../core.ts';

/** What lies in another resource is looked for by the service itself. */
export const notFound = (id: string): ArmError => new ArmError(404, 'NotFound', `Resource ${id} not found.`);

/** What Resource Manager says before the service is asked. */
const NOT_ITS_OWN = /^(Parent)?ResourceNotFound$/;

/** The route with its refusals in the service's own form. */
export const inItsWords = (route: Route): Route => ({
  ...route,
  async handle(request: ArmRequest) {
    try {
      return await route.handle(request);
    } catch (error) {
      throw error instanceof ArmError ? withDetails(error) : error;
    }
  },
});

function withDetails(error: ArmError): ArmError {
  const { status, code, message, target, details } = error;
  if (details !== undefined || NOT_ITS_OWN.test(code)) return error;
  return new ArmError(status, code, message, target, []);
}

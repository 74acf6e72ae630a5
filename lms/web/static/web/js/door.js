/** The pages before signing in. */
import { helpForms } from "./forms.js";

helpForms(document);

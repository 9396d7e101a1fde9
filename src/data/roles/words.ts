import type { ColumnRole } from '../table.js';

/** What the name of a column may be about. */
export interface Topic {
  readonly name: string;
  readonly role: Exclude<ColumnRole, 'insensitive'>;
  /** Words in English, German, Spanish and French, in lower case and without accents; several are one behind another. */
  readonly words: readonly string[];
}

/**
 * In the order in which they are tried: what identifies by itself, then what is sensitive by Article 9 and 10 of the GDPR or as money
 * is, then what many know of a person.
 */
export const TOPICS: readonly Topic[] = [
  topic('names of persons', 'identifier', [
    'first name|last name|full name|given name|family name|middle name|maiden name|surname|forename|fname|lname|person name|customer name|patient name|user name|username|login',
    'vorname|nachname|familienname|geburtsname|benutzername|kundenname',
    'apellido|apellidos|nombre completo|nombre y apellidos|prenom|nom de famille|nom complet',
  ]),
  topic('contact data', 'identifier', [
    'email|e mail|mail|phone|telephone|mobile|cell|fax|ip address|mac address|url|homepage',
    'telefon|telefonnummer|handy|handynummer|mobilnummer|anschrift',
    'correo|telefono|movil|courriel|portable',
  ]),
  topic('street addresses', 'identifier', [
    'address|street|house number|strasse|adresse|hausnummer|direccion|calle|rue|latitude|longitude',
  ]),
  topic('official or account numbers', 'identifier', [
    'ssn|social security|passport|licence number|license number|license plate|iban|account number|card number|credit card|tax id|national id|insurance number|medical record|mrn|uuid|guid',
    'personalausweis|ausweisnummer|reisepass|sozialversicherungsnummer|kontonummer|steuernummer|steuer id|versicherungsnummer|kennzeichen|kundennummer|personalnummer|matrikelnummer|patientennummer',
    'dni|nif|pasaporte|numero de cuenta|numero de securite sociale|numero de cliente|numero de client|passeport',
    'customer id|patient id|user id|person id|employee id|client id|member id|subject id|employee number|customer number|patient number',
  ]),
  topic('health', 'sensitive', [
    'health|disease|diagnosis|diagnoses|icd|symptom|symptoms|medication|drug|treatment|therapy|disability|disabled|blood|hiv|cancer|diabetes|pregnant|pregnancy|mental|bmi|cholesterol|smoker|smoking|allergy|genetic|surgery',
    'gesundheit|krankheit|diagnose|krankenkasse|behandlung|medikament|behinderung|schwanger|blutgruppe|raucher|allergie',
    'salud|enfermedad|diagnostico|discapacidad|embarazo|sante|maladie|diagnostic|grossesse|fumador|fumeur',
  ]),
  topic('income or wealth', 'sensitive', [
    'income|salary|wage|wages|earnings|pay|wealth|asset|assets|debt|debts|credit score|credit rating|savings|account balance|capital gain|capital loss|loan|bonus',
    'einkommen|gehalt|lohn|vermogen|vermoegen|schulden|kredit|kontostand',
    'ingreso|ingresos|salario|sueldo|deuda|deudas|revenu|revenus|salaire|dette|dettes|patrimoine',
  ]),
  topic('religion or belief', 'sensitive', [
    'religion|religious|belief|faith|denomination|konfession|glaube|confesion|croyance',
  ]),
  topic('politics or unions', 'sensitive', [
    'politics|political|party|vote|voted|union|trade union|partei|gewerkschaft|wahl|partido|sindicato|voto|parti|syndicat',
  ]),
  topic('sexual life', 'sensitive', [
    'sexual|orientation|sexual orientation|sexuelle orientierung|orientacion sexual|orientation sexuelle',
  ]),
  topic('crime', 'sensitive', [
    'crime|criminal|conviction|arrest|offense|offence|recidivism|vorstrafe|vorstrafen|straftat|delito|condena|casier judiciaire',
  ]),
  topic('age or birth', 'quasi-identifier', [
    'age|birth|birthday|birthdate|dob|yob|born|senior|senior citizen',
    'alter|geburtsdatum|geburtstag|geburtsjahr|geboren|edad|nacimiento|naissance',
  ]),
  topic('sex or gender', 'quasi-identifier', ['sex|gender|male|female|geschlecht|sexo|genero|sexe|genre']),
  topic('places', 'quasi-identifier', [
    'zip|zipcode|zip code|postcode|postal|postal code|city|town|county|state|region|country|district|place|residence|municipality|province|location',
    'plz|postleitzahl|ort|wohnort|stadt|bundesland|land|kreis|gemeinde|bezirk',
    'codigo postal|ciudad|provincia|pais|municipio|code postal|ville|pays|departement|commune',
  ]),
  topic('occupation', 'quasi-identifier', [
    'occupation|job|job title|job role|profession|workclass|employer|employment|work|industry|department',
    'beruf|tatigkeit|taetigkeit|arbeitgeber|branche|abteilung|ocupacion|profesion|empleo|trabajo|metier|emploi|employeur',
  ]),
  topic('education', 'quasi-identifier', [
    'education|degree|school|qualification|bildung|abschluss|schulabschluss|educacion|estudios|etudes|diplome',
  ]),
  topic('family', 'quasi-identifier', [
    'marital|marital status|married|spouse|partner|children|dependents|household|relationship|civil status',
    'familienstand|verheiratet|ehepartner|kinder|haushalt|estado civil|hijos|etat civil|enfants|situation familiale',
  ]),
  topic('origin', 'quasi-identifier', [
    'race|ethnicity|ethnic|nationality|citizenship|native|native country|language|mother tongue',
    'nationalitat|nationalitaet|staatsangehorigkeit|staatsangehoerigkeit|herkunft|muttersprache|nacionalidad|raza|etnia|idioma|nationalite|origine|langue',
  ]),
  topic('housing', 'quasi-identifier', ['home|housing|residential|wohnung|vivienda|logement']),
];

/** Names that say only that something is a number of something. */
const KEYS: ReadonlySet<string> = new Set([
  'id',
  'key',
  'identifier',
  'uid',
  'pk',
  'nr',
  'number',
  'nummer',
  'code',
  'name',
  'nom',
  'nombre',
]);

/** The topic of a name, and the word that says so; null for a name that says nothing. */
export function topicOf(name: string): { readonly topic: Topic; readonly word: string } | null {
  const text = ` ${wordsOf(name).join(' ')} `;
  for (const topic of TOPICS) {
    const word = topic.words.find((each) => text.includes(` ${each} `));
    if (word !== undefined) return { topic, word };
  }
  return null;
}

/** Whether a name is one of a key, whatever it is the key of. */
export function isKeyName(name: string): boolean {
  return wordsOf(name).some((word) => KEYS.has(word));
}

/** `maritalStatus`, `Marital_Status` and `marital-status` are the same words. */
function wordsOf(name: string): string[] {
  return name
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .replace(/ß/g, 'ss')
    .replace(/(\p{Ll})(\p{Lu})/gu, '$1 $2')
    .replace(/(\p{Lu})(\p{Lu}\p{Ll})/gu, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '');
}

function topic(name: string, role: Topic['role'], lists: readonly string[]): Topic {
  return { name, role, words: lists.flatMap((list) => list.split('|')) };
}

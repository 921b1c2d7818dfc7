//! The template's own words, in English, French and German.

use guichet_template_sdk::prelude::*;
use guichet_template_sdk::words::{self, Words};

/// All words in one language.
#[derive(Debug)]
pub struct Labels {
    /// What most tickets print.
    pub words: &'static Words,
    /// The background that carries advice and terms in this language.
    pub background: BackgroundId,
    pub details: &'static str,
    pub advice: &'static str,
    pub advice_lines: [&'static str; 3],
    pub folding: &'static str,
    pub terms: &'static str,
    pub default_terms: &'static str,
}

/// The preferred language first: it also serves locales of no other language.
pub const ALL: [Labels; 3] = [ENGLISH, FRENCH, GERMAN];

impl Labels {
    /// The words of this language, or English ones.
    pub fn for_language(language: &str) -> &'static Self {
        const LABELS: &[Labels; 3] = &ALL;
        let [english, french, german] = LABELS;
        match language {
            "fr" => french,
            "de" => german,
            _ => english,
        }
    }
}

const ENGLISH: Labels = Labels {
    words: &words::ENGLISH,
    background: BackgroundId(0),
    details: "Details",
    advice: "Before you come",
    advice_lines: [
        "Print this page at its full size, in colour or in black and white, or show it on your phone.",
        "Fold it backwards twice, so that the code stays on the outside and no fold runs through it.",
        "Keep the code to yourself: whoever shows it first is admitted.",
    ],
    folding: "The sheet is folded in half twice; the quarter with the code ends up on the outside.",
    terms: "Terms",
    default_terms: "The code is checked at the entrance. If it was copied, only the first copy that is shown \
                    is admitted, and the others are refused.\n\
                    A lost ticket can be downloaded again from the order. A ticket that was cancelled or \
                    replaced is no longer valid, even if it looks the same.\n\
                    The organizer’s terms of sale and the house rules of the venue apply.",
};

const FRENCH: Labels = Labels {
    words: &words::FRENCH,
    background: BackgroundId(1),
    details: "Détails",
    advice: "Avant de venir",
    advice_lines: [
        "Imprimez cette page en taille réelle, en couleur ou en noir et blanc, ou montrez-la sur votre téléphone.",
        "Pliez-la deux fois vers l’arrière : le code reste à l’extérieur et aucun pli ne le traverse.",
        "Gardez le code pour vous : la première personne qui le présente est admise.",
    ],
    folding: "La feuille est pliée deux fois en deux ; le quart qui porte le code reste à l’extérieur.",
    terms: "Conditions",
    default_terms: "Le code est contrôlé à l’entrée. S’il a été copié, seule la première copie présentée est \
                    admise ; les autres sont refusées.\n\
                    Un billet perdu peut être téléchargé de nouveau depuis la commande. Un billet annulé ou \
                    remplacé n’est plus valable, même s’il paraît identique.\n\
                    Les conditions de vente de l’organisateur et le règlement intérieur du lieu s’appliquent.",
};

const GERMAN: Labels = Labels {
    words: &words::GERMAN,
    background: BackgroundId(2),
    details: "Einzelheiten",
    advice: "Vor dem Besuch",
    advice_lines: [
        "Drucken Sie diese Seite in Originalgröße, farbig oder schwarz-weiß, oder zeigen Sie sie auf dem Telefon.",
        "Falten Sie sie zweimal nach hinten: Der Code bleibt außen, und kein Falz läuft hindurch.",
        "Behalten Sie den Code für sich: Wer ihn zuerst zeigt, wird eingelassen.",
    ],
    folding: "Das Blatt wird zweimal halbiert; das Viertel mit dem Code bleibt außen.",
    terms: "Bedingungen",
    default_terms: "Der Code wird am Eingang geprüft. Wurde er kopiert, so wird nur die zuerst gezeigte Kopie \
                    eingelassen; alle weiteren werden abgewiesen.\n\
                    Ein verlorenes Ticket lässt sich in der Bestellung erneut herunterladen. Ein storniertes \
                    oder ersetztes Ticket gilt nicht mehr, auch wenn es gleich aussieht.\n\
                    Es gelten die Verkaufsbedingungen des Veranstalters und die Hausordnung des Ortes.",
};

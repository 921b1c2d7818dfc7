//! All tickets of an order as one file.

use sha2::{Digest as _, Sha256};
use ticket_render::pdf::{self, Part, PdfOptions};

use super::issuer::{IssueError, Issuer};
use super::print::{Artifact, Format, Print, PrintError, etag};

impl Issuer {
    /// Lays stored tickets out again and binds them into one PDF, in this order.
    ///
    /// # Errors
    /// [`IssueError`]; of the first ticket that cannot be printed.
    pub async fn print_all(&self, prints: &[Print]) -> Result<Artifact, IssueError> {
        let mut documents = Vec::with_capacity(prints.len());
        for print in prints {
            let template = self.library.load(&print.version).await?;
            let (order, code) = print.order(self, template.manifest()).await?;
            let document = self
                .library
                .lay_out(&template, order, code, |laid_out| {
                    (laid_out.scene, laid_out.assets)
                })
                .await?;
            documents.push(document);
        }
        let bind = move || {
            let parts: Vec<_> = documents
                .iter()
                .map(|(scene, assets)| Part { scene, assets })
                .collect();
            pdf::render_all(&parts, &PdfOptions::default())
        };
        let bytes = self.library.when_possible(bind).await?;
        Ok(Artifact {
            format: Format::Pdf,
            bytes: bytes.map_err(PrintError::from)?,
        })
    }
}

/// The entity tag of several prints in one file.
pub fn etag_of_all(prints: &[Print]) -> String {
    let mut hash = Sha256::new();
    for print in prints {
        hash.update(etag(print, Format::Pdf));
    }
    let digest = hash.finalize();
    let hex: String = digest
        .iter()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("\"{hex}\"")
}

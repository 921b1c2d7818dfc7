//! Lists of what a batch made, a row for each item: for programs as JSON a line (NDJSON), for people as CSV
//! (RFC 4180).

use std::io;

use serde::Serialize;

/// How a list is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ManifestForm {
    /// A JSON object a line; what a row does not have is left out.
    Ndjson,
    /// Lines of cells, the names of the columns first. A text that spreadsheets would take for a formula
    /// has an apostrophe before it.
    Csv,
}

/// What became of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ManifestRow<'a> {
    /// It is a ticket.
    Generated {
        /// Its place in the order, from zero.
        index: u64,
        /// The caller's id of the ticket, or else ours.
        ticket_id: &'a str,
        /// The number for people.
        ticket_number: &'a str,
        /// The name of the ticket's type.
        ticket_type: &'a str,
        /// What its code says.
        qr_text: &'a str,
        /// The file in the archive that shows it.
        file: Option<&'a str>,
    },
    /// It is none.
    Failed {
        /// Its place in the order, from zero.
        index: u64,
        /// The caller's id of the ticket, if there is one.
        ticket_id: Option<&'a str>,
        /// The kind of failure, as the API names it.
        code: &'a str,
        /// What to do about it.
        message: &'a str,
    },
}

/// Writes a list. It keeps nothing: what is to be stored is appended to a vector of the caller's.
#[derive(Debug, Clone, Copy)]
pub struct Manifest {
    form: ManifestForm,
}

#[derive(Serialize, Default)]
#[serde(rename_all = "camelCase")]
struct Columns<'a> {
    index: u64,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    ticket_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ticket_number: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ticket_type: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    qr_text: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a str>,
}

const NAMES: [&str; 9] = [
    "index",
    "status",
    "ticketId",
    "ticketNumber",
    "ticketType",
    "qrText",
    "file",
    "code",
    "message",
];

impl Manifest {
    /// A list of this form.
    #[must_use]
    pub fn new(form: ManifestForm) -> Self {
        Self { form }
    }

    /// Appends what stands before the first row.
    ///
    /// # Errors
    /// None that a vector could give.
    pub fn begin(&self, into: &mut Vec<u8>) -> io::Result<()> {
        match self.form {
            ManifestForm::Ndjson => Ok(()),
            ManifestForm::Csv => put_record(&NAMES, into),
        }
    }

    /// Appends a row.
    ///
    /// # Errors
    /// None that a vector could give.
    pub fn row(&self, row: &ManifestRow<'_>, into: &mut Vec<u8>) -> io::Result<()> {
        let columns = Columns::of(row);
        match self.form {
            ManifestForm::Ndjson => {
                serde_json::to_writer(&mut *into, &columns)?;
                into.push(b'\n');
                Ok(())
            }
            ManifestForm::Csv => put_record(&columns.cells().each_ref().map(|cell| &**cell), into),
        }
    }
}

impl<'a> Columns<'a> {
    fn of(row: &ManifestRow<'a>) -> Self {
        match *row {
            ManifestRow::Generated {
                index,
                ticket_id,
                ticket_number,
                ticket_type,
                qr_text,
                file,
            } => Self {
                index,
                status: "generated",
                ticket_id: Some(ticket_id),
                ticket_number: Some(ticket_number),
                ticket_type: Some(ticket_type),
                qr_text: Some(qr_text),
                file,
                ..Self::default()
            },
            ManifestRow::Failed {
                index,
                ticket_id,
                code,
                message,
            } => Self {
                index,
                status: "failed",
                ticket_id,
                code: Some(code),
                message: Some(message),
                ..Self::default()
            },
        }
    }

    fn cells(&self) -> [String; NAMES.len()] {
        let text = |text: Option<&str>| text.map(no_formula).unwrap_or_default();
        [
            self.index.to_string(),
            self.status.to_owned(),
            text(self.ticket_id),
            text(self.ticket_number),
            text(self.ticket_type),
            text(self.qr_text),
            text(self.file),
            text(self.code),
            text(self.message),
        ]
    }
}

fn put_record(cells: &[&str], into: &mut Vec<u8>) -> io::Result<()> {
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .buffer_capacity(512)
        .from_writer(into);
    writer.write_record(cells)?;
    writer.flush()
}

/// Spreadsheets compute what begins so, and a computation can send what other cells say elsewhere. They show
/// a text after an apostrophe as it is.
fn no_formula(text: &str) -> String {
    let computed = |sign: char| {
        matches!(
            sign,
            '=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠'
        )
    };
    match text.starts_with(computed) {
        true => format!("'{text}"),
        false => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TICKET: ManifestRow<'_> = ManifestRow::Generated {
        index: 0,
        ticket_id: "A-1",
        ticket_number: "7K2M9QX4CD",
        ticket_type: "vip, \"gold\"",
        qr_text: "TK1:6BF",
        file: Some("A-1.pdf"),
    };
    const FAILURE: ManifestRow<'_> = ManifestRow::Failed {
        index: 1,
        ticket_id: None,
        code: "TEMPLATE_REFUSED",
        message: "a name\nin two lines",
    };

    fn written(form: ManifestForm, rows: &[ManifestRow<'_>]) -> String {
        let manifest = Manifest::new(form);
        let mut bytes = Vec::new();
        manifest.begin(&mut bytes).unwrap();
        for row in rows {
            manifest.row(row, &mut bytes).unwrap();
        }
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_row_is_a_line_of_json() {
        assert_eq!(
            written(ManifestForm::Ndjson, &[TICKET, FAILURE]),
            "{\"index\":0,\"status\":\"generated\",\"ticketId\":\"A-1\",\"ticketNumber\":\"7K2M9QX4CD\",\
             \"ticketType\":\"vip, \\\"gold\\\"\",\"qrText\":\"TK1:6BF\",\"file\":\"A-1.pdf\"}\n\
             {\"index\":1,\"status\":\"failed\",\"code\":\"TEMPLATE_REFUSED\",\"message\":\"a name\\nin two lines\"}\n"
        );
    }

    #[test]
    fn a_row_is_a_record_of_rfc_4180() {
        assert_eq!(
            written(ManifestForm::Csv, &[TICKET, FAILURE]),
            "index,status,ticketId,ticketNumber,ticketType,qrText,file,code,message\r\n\
             0,generated,A-1,7K2M9QX4CD,\"vip, \"\"gold\"\"\",TK1:6BF,A-1.pdf,,\r\n\
             1,failed,,,,,,TEMPLATE_REFUSED,\"a name\nin two lines\"\r\n"
        );
        assert_eq!(written(ManifestForm::Csv, &[]).lines().count(), 1);
    }

    #[test]
    fn no_cell_is_a_formula() {
        let check = |text: &str, expected: &str| {
            let row = ManifestRow::Failed {
                index: 7,
                ticket_id: Some(text),
                code: "X",
                message: "",
            };
            let written = written(ManifestForm::Csv, &[row]);
            let mut records = csv::Reader::from_reader(written.as_bytes());
            let record = records.records().next().unwrap().unwrap();
            assert_eq!(record.get(2), Some(expected), "{text:?}");
        };
        check("=HYPERLINK(\"http://x\")", "'=HYPERLINK(\"http://x\")");
        check("+1", "'+1");
        check("-1", "'-1");
        check("@SUM(A1)", "'@SUM(A1)");
        check("\t=1", "'\t=1");
        check("\r=1", "'\r=1");
        check("＝1", "'＝1");
        check("A=1", "A=1");
        check("'=1", "'=1");
    }
}

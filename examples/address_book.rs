//! A shared address book in DynamoDB: why an encryption context has to say where a message belongs.
//!
//! Each person's address is encrypted, the e-mail address stands in the clear beside it. Mallory may write the table and has
//! no key. She swaps two addresses, each a valid message. A courier who decrypts with the e-mail address in the encryption
//! context is refused; one who does without it brings the parcel to Mallory.
//!
//! ```sh
//! cargo run --example address_book -- KEY_ARN
//! ```
//!
//! The table `esdk-address-book` is made and deleted again, in the key's Region. Credentials and endpoints come from the AWS
//! environment and files: the caller needs kms:GenerateDataKey and kms:Decrypt on the key, and dynamodb:CreateTable,
//! DescribeTable, PutItem, GetItem and DeleteTable on the table.

#![allow(clippy::print_stdout)] // it tells a story

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use aws_config::{BehaviorVersion, Region};
use aws_sdk_dynamodb::client::Waiters as _;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
};
use esdk::context::{EncryptionContext, RequiredContext};
use esdk::keyring::kms::{KmsAccess, KmsClients, KmsKeyring, KmsLimits, KmsSettings};
use esdk::message::decrypt::DecryptRequirements;
use esdk::message::whole;
use tokio::runtime::{Builder, Runtime};

const TABLE: &str = "esdk-address-book";
const KEY: &str = "Email";
const ADDRESS: &str = "Address";

const ALICE: &str = "alice@example.com";
const MALLORY: &str = "mallory@example.com";

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    let Some(key) = std::env::args().nth(1) else {
        return Err("usage: address_book KEY_ARN".into());
    };
    let table = Table::create(&key)?;
    let ended = story(&table, &key);
    table.delete()?;
    ended
}

/// The same attack on both address books.
fn story(table: &Table, key: &str) -> Result<()> {
    let clients = Arc::new(KmsClients::new(KmsLimits::default()));
    let keyring = KmsKeyring::to_unwrap(KmsAccess::new(clients, KmsSettings::default()), key.parse()?)?;
    for binding in [Binding::Record, Binding::None] {
        let title = match binding {
            Binding::Record => "1. The encryption context names table, key and e-mail address",
            Binding::None => "2. There is no encryption context",
        };
        println!("{title}");
        let book = AddressBook { table, keyring: &keyring, binding };
        book.write(ALICE, "Alice, 1 Main Street")?;
        book.write(MALLORY, "Mallory, 13 Back Alley")?;
        println!("   a parcel for {ALICE} goes to: {}", book.read(ALICE)?);

        let (of_alice, of_mallory) = (table.item(ALICE)?, table.item(MALLORY)?);
        table.put(ALICE, of_mallory)?;
        table.put(MALLORY, of_alice)?;
        println!("   Mallory, without any key, swaps the two encrypted addresses");
        match book.read(ALICE) {
            Ok(address) => println!("   a parcel for {ALICE} goes to: {address}"),
            Err(error) => println!("   a parcel for {ALICE} goes nowhere: {error}"),
        }
    }
    Ok(())
}

/// What an address is bound to.
#[derive(Clone, Copy)]
enum Binding {
    /// To the place where it is stored.
    Record,
    /// To nothing: the insecure way.
    None,
}

/// Addresses in the table, encrypted one by one.
struct AddressBook<'a> {
    table: &'a Table,
    keyring: &'a KmsKeyring,
    binding: Binding,
}

impl AddressBook<'_> {
    /// Everything that says where the address of this e-mail address belongs.
    fn context(&self, email: &str) -> Result<EncryptionContext> {
        Ok(match self.binding {
            Binding::Record => EncryptionContext::of([("table", TABLE), ("key", KEY), ("email", email)])?,
            Binding::None => EncryptionContext::new(),
        })
    }

    fn write(&self, email: &str, address: &str) -> Result<()> {
        let message = whole::encrypt(address.as_bytes(), self.keyring, self.context(email)?)?;
        self.table.put(email, message)
    }

    /// The context comes from the question, never from the message.
    fn read(&self, email: &str) -> Result<String> {
        let context = RequiredContext::of(self.context(email)?);
        let requirements = DecryptRequirements { context, ..DecryptRequirements::default() };
        let address = whole::decrypt(&self.table.item(email)?, self.keyring, &requirements)?;
        Ok(String::from_utf8_lossy(&address).into_owned())
    }
}

/// The table, which anyone may write who may write it.
struct Table {
    runtime: Runtime,
    client: aws_sdk_dynamodb::Client,
}

impl Table {
    fn create(key: &str) -> Result<Self> {
        let region = key.split(':').nth(3).unwrap_or_default().to_owned();
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let loader = aws_config::defaults(BehaviorVersion::latest()).region(Region::new(region));
        let client = aws_sdk_dynamodb::Client::new(&runtime.block_on(loader.load()));
        let attribute = AttributeDefinition::builder()
            .attribute_name(KEY)
            .attribute_type(ScalarAttributeType::S)
            .build()?;
        let schema = KeySchemaElement::builder().attribute_name(KEY).key_type(KeyType::Hash).build()?;
        let create = client
            .create_table()
            .table_name(TABLE)
            .attribute_definitions(attribute)
            .key_schema(schema)
            .billing_mode(BillingMode::PayPerRequest);
        runtime.block_on(create.send())?;
        let exists = client.wait_until_table_exists().table_name(TABLE).wait(Duration::from_secs(60));
        runtime.block_on(exists)?;
        Ok(Self { runtime, client })
    }

    fn put(&self, email: &str, message: Vec<u8>) -> Result<()> {
        let put = self
            .client
            .put_item()
            .table_name(TABLE)
            .item(KEY, AttributeValue::S(email.to_owned()))
            .item(ADDRESS, AttributeValue::B(Blob::new(message)));
        self.runtime.block_on(put.send())?;
        Ok(())
    }

    fn item(&self, email: &str) -> Result<Vec<u8>> {
        let key = AttributeValue::S(email.to_owned());
        let get = self.client.get_item().table_name(TABLE).key(KEY, key).consistent_read(true);
        let found = self.runtime.block_on(get.send())?;
        match found.item.and_then(|mut item| item.remove(ADDRESS)) {
            Some(AttributeValue::B(message)) => Ok(message.into_inner()),
            _ => Err(format!("there is no address of {email}").into()),
        }
    }

    fn delete(&self) -> Result<()> {
        self.runtime.block_on(self.client.delete_table().table_name(TABLE).send())?;
        Ok(())
    }
}

using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Scim.Infrastructure.Hosting.Configuration;

public sealed class ScimOptions
{
    [Description("Base URL that clients use, such as `https://scim.example.com`; otherwise taken from each request.")]
    [HttpUrl]
    public string? PublicBaseUrl { get; set; }

    [Description(
        "Networks whose `X-Forwarded-*` headers are believed, separated by commas, such as `10.0.0.0/8, ::1/128`."
    )]
    [Networks]
    public string? TrustedProxies { get; set; }

    [Description("Seconds for which an access token of `/oauth2/token` is good.")]
    [Range(60, 3600)]
    public int AccessTokenSeconds { get; set; } = 600;

    [Description("Ask TLS clients for a certificate, by which a SCIM client may prove itself (RFC 8705).")]
    public bool ClientCertificates { get; set; }

    [Description(
        "A PEM file with the certificate authorities that vouch for the subjects of such certificates: roots, and intermediates between."
    )]
    public string? ClientCertificateAuthorities { get; set; }

    [Description("Seconds between SIGTERM and closing the listener, during which `/ready` answers 503.")]
    [Range(0, 600)]
    public int DrainSeconds { get; set; }
}

public sealed class BootstrapOptions
{
    [Description("Create tenant `demo` with one client on the first start.")]
    [DefaultText("`true` with SQLite in the default path")]
    public bool? Demo { get; set; }

    [Description("Create an operator of this name with role `platform-admin` at the start, unless there is one.")]
    public string? AdminUser { get; set; }

    [Description("Password of that operator; it is never reset.")]
    [Secret]
    public string? AdminPassword { get; set; }

    [Description(
        "TOTP secret of that operator in base32, for unattended installations; without it the first sign-in enrols one."
    )]
    [Secret]
    [TotpSecret]
    public string? AdminTotpSecret { get; set; }
}

public sealed class SessionOptions
{
    [Description("Seconds after which an operator's session ends without heartbeat or write.")]
    [Range(60, 3600)]
    [Setting("session.leaseSeconds")]
    public int LeaseSeconds { get; set; } = 900;

    [Description("Hours after which an operator's session ends anyway.")]
    [Range(1, 24)]
    [Setting("session.absoluteHours")]
    public int AbsoluteHours { get; set; } = 12;
}

public sealed class SecretsOptions
{
    [Description(
        "Key that encrypts stored secrets, 32 bytes in base64 (`openssl rand -base64 32`). Without it they are encrypted under a key in the database."
    )]
    [Secret]
    [Base64Key]
    public string? Key { get; set; }

    [Description(
        "Keys that stored secrets may still be encrypted under, separated by commas, until `keys rotate` is done."
    )]
    [Secret]
    [Base64Keys]
    public string? PreviousKeys { get; set; }
}

public sealed class MetricsOptions
{
    [Description(
        "A listener of its own for `/metrics`, such as `http://0.0.0.0:9464`. Without it the main listener serves them when it is the loopback."
    )]
    [HttpUrl]
    public string? Url { get; set; }
}

public sealed class WorkerOptions
{
    [Description("Run the scheduled jobs inside the API host.")]
    [DefaultText("`true` with SQLite")]
    public bool? InProcess { get; set; }

    [Description("Jobs that one host runs at a time.")]
    [Range(1, 100)]
    public int Concurrency { get; set; } = 4;

    [Description("Milliseconds, about, between looks for jobs while there are none.")]
    [Range(10, 600_000)]
    [Setting("worker.pollInterval")]
    public int PollMilliseconds { get; set; } = 1000;

    [Description("Seconds after which the job of a worker that went silent is another's.")]
    [Range(1, 3600)]
    [Setting("worker.leaseSeconds")]
    public int LeaseSeconds { get; set; } = 60;

    [Description("Attempts at a job, after which it is dead until `job retry`.")]
    [Range(1, 100)]
    [Setting("worker.maxAttempts")]
    public int MaxAttempts { get; set; } = 8;

    [Description("Seconds, about, before the second attempt; each further one waits twice as long, up to an hour.")]
    [Range(0.01, 3600.0)]
    [Setting("worker.retrySeconds")]
    public double RetrySeconds { get; set; } = 5;

    [Description("Seconds after which an attempt is ended.")]
    [Range(1, 86_400)]
    [Setting("worker.timeLimitSeconds")]
    public int TimeLimitSeconds { get; set; } = 3600;
}

public sealed class AuditOptions
{
    [Description("Seconds between sealings of each tenant's journal, and so between its checkpoints.")]
    [Range(1, 86_400)]
    public int SealSeconds { get; set; } = 300;

    [Description(
        "Seconds between looks for rows that a stream, and checkpoints that their receiver, has not been sent."
    )]
    [Range(1, 3600)]
    public int StreamSeconds { get; set; } = 5;

    [Description("A file with the private key (ECDSA P-256, PEM) that signs checkpoints; without it there are none.")]
    public string? SigningKeyFile { get; set; }

    [Description("A folder, best on another machine, that gets a copy of every checkpoint.")]
    public string? CheckpointFolder { get; set; }

    [Description("An `https` URL of another system that every checkpoint is posted to.")]
    [HttpUrl]
    public string? CheckpointUrl { get; set; }

    [Description("Value of the `Authorization` header of those requests.")]
    [Secret]
    public string? CheckpointAuthorization { get; set; }
}

public sealed class OutboundOptions
{
    [Description(
        "Networks of ours that requests to addresses given by operators may reach, also by plain `http`, separated by commas; without it only public addresses, by `https`."
    )]
    [Networks]
    public string? AllowedNetworks { get; set; }
}

public sealed class RetentionOptions
{
    [Description("Days in which a deleted tenant can be restored; after them all that it has is purged.")]
    [Range(0, 3650)]
    public int TenantGraceDays { get; set; } = 30;

    [Description("Days for which the journal keeps what a change was, beside the fact that it was made; `0` for ever.")]
    [Range(0, 36_500)]
    [Setting("retention.changeDays", PerTenant = true)]
    public int ChangeDays { get; set; }

    [Description("Days for which a client's departure from the RFCs is remembered after it was last seen.")]
    [Range(1, 36_500)]
    [Setting("retention.deviationDays", PerTenant = true)]
    public int DeviationDays { get; set; } = 180;

    [Description("Days for which jobs that succeeded are listed.")]
    [Range(1, 36_500)]
    [Setting("retention.succeededJobDays", PerTenant = true)]
    public int SucceededJobDays { get; set; } = 1;

    [Description("Days for which dead jobs are listed and can be retried.")]
    [Range(1, 36_500)]
    [Setting("retention.deadJobDays", PerTenant = true)]
    public int DeadJobDays { get; set; } = 90;
}

public sealed class SignupOptions
{
    [Description("Let anybody with an e-mail address make a trial tenant at `POST /admin/v1/signup`.")]
    public bool Enabled { get; set; }

    [Description(
        "A page that takes the token of the message from the fragment of its URL; without it there is no link."
    )]
    [HttpUrl]
    public string? ConfirmUrl { get; set; }
}

public sealed class EmailOptions
{
    [Description("Sender of the messages; `scimplatform@localhost` if not given.")]
    public string? From { get; set; }

    [Description("SMTP server. Without it messages are files in `Email__Folder`, for development.")]
    public string? SmtpHost { get; set; }

    [Description("Port of the SMTP server.")]
    [Range(1, 65_535)]
    public int SmtpPort { get; set; } = 587;

    [Description(
        "Demand TLS by STARTTLS, with a certificate that the system trusts; a server without it gets nothing."
    )]
    public bool SmtpTls { get; set; } = true;

    [Description("User name at the SMTP server.")]
    public string? SmtpUser { get; set; }

    [Description("Password at the SMTP server.")]
    [Secret]
    public string? SmtpPassword { get; set; }

    [Description("Folder for messages while there is no SMTP server; `./data/mail` if not given.")]
    public string? Folder { get; set; }
}

public sealed class FeaturesOptions
{
    [Description("Bulk requests; without them `/Bulk` answers 501 and discovery says so.")]
    [Setting("features.bulk", PerTenant = true, IsFeature = true)]
    public bool Bulk { get; set; } = true;

    [Description("Pages by cursor (RFC 9865); without them a cursor is 400 and discovery says so.")]
    [Setting("features.cursorPagination", PerTenant = true, IsFeature = true)]
    public bool CursorPagination { get; set; } = true;
}

public sealed class GroupsOptions
{
    [Description("Whether two groups of a tenant may not share a displayName.")]
    [Setting("groups.uniqueDisplayName", PerTenant = true)]
    public bool UniqueDisplayName { get; set; } = true;
}

public sealed class TelemetryOptions
{
    [Description("OTLP (gRPC) collector for traces and metrics, such as `http://collector:4317`.")]
    [HttpUrl]
    public string? OtlpEndpoint { get; set; }

    [Description("Share of the traces started here that are recorded.")]
    [Range(0.0, 1.0)]
    public double SampleRatio { get; set; } = 1;

    [Description("Share of the successful, fast reads that are logged.")]
    [Range(0.0, 1.0)]
    public double ReadLogSampleRatio { get; set; } = 0.01;

    [Description("Requests that take longer are always logged.")]
    [Range(1, 600_000)]
    public int SlowRequestMilliseconds { get; set; } = 1000;
}

public sealed class ConnectionStringsOptions
{
    [Description(
        "Login of the PostgreSQL database. One login is enough; every serving transaction runs as a non-owner role."
    )]
    [Secret]
    public string? Scim { get; set; }

    [Description("Separate login for migrations.")]
    [Secret]
    public string? ScimMigration { get; set; }
}

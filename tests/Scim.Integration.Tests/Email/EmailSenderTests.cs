using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using FluentAssertions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using NUnit.Framework;
using Scim.Application.Common;
using Scim.Domain.Errors;
using Scim.Infrastructure.Email;
using Scim.Infrastructure.Hosting.Configuration;
using Scim.TestKit;

namespace Scim.Integration.Tests.Email;

[Property(
    "Capability",
    "Messages go to an SMTP server whole, under TLS, in bounded time, and leave no trace in the log"
)]
[Property("Rfc", "RFC 5321, RFC 3207, RFC 4954, RFC 6531")]
public sealed class EmailSenderTests
{
    private const string Sender = "scim@example.com";
    private const string Refused = "nobody@example.com";
    private const string User = "relay";
    private const string Password = "of the relay";

    private readonly RecordingLog _log = new();
    private string _authority = null!;
    private SmtpServer _open = null!;
    private SmtpServer _guarded = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        _authority = Path.GetTempFileName();
        await File.WriteAllTextAsync(_authority, certificate.ExportCertificatePem());
        _open = await SmtpServer.StartAsync(
            new JsonObject
            {
                ["disabledCommands"] = new JsonArray("STARTTLS"),
                ["authOptional"] = true,
                ["allowInsecureAuth"] = true,
                ["refuse"] = Refused,
            }
        );
        _guarded = await SmtpServer.StartAsync(
            new JsonObject
            {
                ["key"] = key.ExportPkcs8PrivateKeyPem(),
                ["cert"] = certificate.ExportCertificatePem(),
                ["user"] = User,
                ["password"] = Password,
            }
        );
    }

    [OneTimeTearDown]
    public void Stop()
    {
        _open?.Dispose();
        _guarded?.Dispose();
        File.Delete(_authority);
    }

    [SetUp]
    public async Task Forget()
    {
        await _open.EventsAsync();
        await _guarded.EventsAsync();
    }

    [TestCase("barbara@example.com", "Confirm your sign-up", "One line\nand another\n\n.\n.with a dot\n")]
    [TestCase(
        "barbara@example.com",
        "Grüße aus Köln, für 東京 und alle, denen eine Zeile nicht reicht ✓",
        "Straße 東京 ✓\n"
    )]
    [TestCase("jörg@example.com", "x", "An address that ASCII cannot write.\n")]
    public async Task A_message_arrives_as_it_was_written(string to, string subject, string text)
    {
        await SenderTo(_open.Port, tls: false).SendAsync(new EmailMessage(to, subject, text), default);

        var message = (await _open.EventsAsync()).Should().ContainSingle().Subject;
        message.GetProperty("sender").GetString().Should().Be(Sender);
        message.GetProperty("from").GetString().Should().Be(Sender);
        Texts(message, "recipients").Should().Equal(to);
        Texts(message, "to").Should().Equal(to);
        message.GetProperty("subject").GetString().Should().Be(subject);
        message.GetProperty("text").GetString().Should().Be(text);
        _log.Text.Should().BeEmpty();
    }

    [Test]
    public async Task The_server_is_signed_in_to_under_TLS()
    {
        var address = Some.UserName();
        await using var database = await TestDatabase.CreateAsync(DatabaseKind.Sqlite);
        using var server = await ServerAsync(database, Password);

        (await SignUpAsync(server, address)).Should().Be(HttpStatusCode.Accepted, server.Output);

        var events = new List<JsonElement>();
        await Eventually.IsTrueAsync(async () =>
        {
            events.AddRange(await _guarded.EventsAsync());
            return events.Count >= 2;
        });
        events.Should().HaveCount(2).And.OnlyContain(what => what.GetProperty("secure").GetBoolean());
        var message = events[1];
        message.GetProperty("user").GetString().Should().Be(User);
        Texts(message, "recipients").Should().Equal(address);
        message.GetProperty("text").GetString().Should().MatchRegex(@"\nscpu_[0-9A-Za-z]{43}\n");
        server.Output.Should().NotContain(address).And.NotContain(Password);
    }

    [Test]
    public async Task A_wrong_password_sends_nothing_and_is_in_no_log()
    {
        const string wrong = "of another relay";
        var address = Some.UserName();
        await using var database = await TestDatabase.CreateAsync(DatabaseKind.Sqlite);
        using var server = await ServerAsync(database, wrong);

        (await SignUpAsync(server, address)).Should().Be(HttpStatusCode.Accepted, server.Output);

        await Eventually.IsTrueAsync(() =>
            Task.FromResult(server.Output.Contains("refused the user name", StringComparison.Ordinal))
        );
        var events = await _guarded.EventsAsync();
        events.Should().NotBeEmpty().And.OnlyContain(what => what.GetProperty("event").GetString() == "auth");
        server.Output.Should().NotContain(address).And.NotContain(wrong);
    }

    [Test]
    public async Task A_server_without_TLS_gets_no_password()
    {
        await FailsAsync(SenderTo(_open.Port, User), "STARTTLS");

        (await _open.EventsAsync()).Should().BeEmpty();
    }

    [Test]
    public async Task A_server_whose_certificate_nobody_vouches_for_gets_no_password()
    {
        await FailsAsync(SenderTo(_guarded.Port, User), "certificate");

        (await _guarded.EventsAsync()).Should().BeEmpty();
    }

    [Test]
    public async Task A_recipient_whom_the_server_refuses_is_not_named_in_the_log()
    {
        await FailsAsync(SenderTo(_open.Port, tls: false), "550", Refused);

        (await _open.EventsAsync()).Should().BeEmpty();
        _log.Text.Should().NotContain(Refused);
    }

    [Test]
    public async Task A_server_that_is_away_is_an_answer()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();

        await FailsAsync(SenderTo(port, tls: false), "ConnectionRefused");
    }

    [TestCase("")]
    [TestCase("220 mute\r\n")]
    public async Task A_server_that_falls_silent_is_waited_for_so_long_and_no_longer(string greeting)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var clock = new EndingClock();
        var serving = ServeAsync();

        await FailsAsync(SenderTo(((IPEndPoint)listener.LocalEndpoint).Port, tls: false, clock: clock), "15 seconds");

        clock.Due.Should().Be(EmailSender.Patience);
        using var connection = await serving;

        async Task<Socket> ServeAsync()
        {
            var socket = await listener.AcceptSocketAsync();
            if (greeting.Length > 0)
            {
                await socket.SendAsync(Encoding.ASCII.GetBytes(greeting));
                await socket.ReceiveAsync(new byte[1]);
            }

            clock.End();
            return socket;
        }
    }

    // The message is the server's: to report a failure would have it sent twice.
    [Test]
    public async Task A_server_that_falls_silent_when_it_has_the_message_has_it()
    {
        var clock = new EndingClock();
        var silence = new SilenceAfterQuit(clock);
        await using var proxy = new TcpProxy("127.0.0.1", _open.Port, () => silence);
        silence.Proxy = proxy;

        await SenderTo(proxy.Port, tls: false, clock: clock)
            .SendAsync(new EmailMessage("barbara@example.com", "x", "y"), CancellationToken.None);

        silence.HasFallen.Should().BeTrue();
        (await _open.EventsAsync()).Should().ContainSingle();
    }

    [Test]
    public async Task A_line_break_in_a_subject_makes_no_header()
    {
        var subject = "x\r\nBcc: eve@example.com\r\nX-Eve: 1\r\n\r\ny";

        await SenderTo(_open.Port, tls: false)
            .SendAsync(new EmailMessage("barbara@example.com", subject, "z"), CancellationToken.None);

        var message = (await _open.EventsAsync()).Should().ContainSingle().Subject;
        Texts(message, "recipients").Should().Equal("barbara@example.com");
        Texts(message, "headers").Should().NotContain("bcc").And.NotContain("x-eve");
        message.GetProperty("text").GetString().Should().Be("z\n");
    }

    [TestCase("barbara@example.com\r\nBcc: eve@example.com")]
    [TestCase("barbara@example.com>\r\nRCPT TO:<eve@example.com")]
    [TestCase("\"barbara\r\nRCPT TO:<eve@example.com>\"@example.com")]
    [TestCase("barbara@example.com, eve@example.com")]
    public async Task An_address_that_is_more_than_one_gets_nothing(string to)
    {
        var sender = SenderTo(_open.Port, tls: false);

        await sender
            .Invoking(x => x.SendAsync(new EmailMessage(to, "x", "y"), default))
            .Should()
            .ThrowAsync<FormatException>();

        (await _open.EventsAsync()).Should().BeEmpty();
    }

    private async Task FailsAsync(EmailSender sender, string reason, string to = "barbara@example.com")
    {
        var sending = () => sender.SendAsync(new EmailMessage(to, "x", "y"), CancellationToken.None);

        (await sending.Should().ThrowAsync<ScimException>()).Which.Error.Status.Should().Be(503);
        _log.Take().Should().ContainSingle().Which.Should().Contain(reason).And.NotContain(to).And.NotContain(Password);
    }

    private EmailSender SenderTo(int port, string? user = null, bool tls = true, TimeProvider? clock = null)
    {
        var settings = new EmailOptions
        {
            From = $"ScimPlatform <{Sender}>",
            SmtpHost = "127.0.0.1",
            SmtpPort = port,
            SmtpTls = tls,
            SmtpUser = user,
            SmtpPassword = Password,
        };
        return new EmailSender(Options.Create(settings), clock ?? TimeProvider.System, _log);
    }

    // A process of its own: whom to trust is read when a process starts.
    private Task<ApiProcess> ServerAsync(TestDatabase database, string password) =>
        ApiProcess.StartAsync(
            database,
            new Dictionary<string, string>
            {
                ["SSL_CERT_FILE"] = _authority,
                ["Worker:PollMilliseconds"] = "20",
                ["Signup:Enabled"] = "true",
                ["Email:From"] = Sender,
                ["Email:SmtpHost"] = "127.0.0.1",
                ["Email:SmtpPort"] = $"{_guarded.Port}",
                ["Email:SmtpUser"] = User,
                ["Email:SmtpPassword"] = password,
            }
        );

    private static async Task<HttpStatusCode> SignUpAsync(ApiProcess server, string address)
    {
        using var client = new HttpClient { BaseAddress = server.BaseAddress };
        using var response = await client.PostAsJsonAsync("/signup", new { email = address, slug = Some.Slug() });
        return response.StatusCode;
    }

    private static IEnumerable<string?> Texts(JsonElement message, string name) =>
        message.GetProperty(name).EnumerateArray().Select(text => text.GetString());

    /// <summary>Its timer ends when it is told to.</summary>
    private sealed class EndingClock : TimeProvider
    {
        private Action? _end;

        public TimeSpan Due { get; private set; }

        public void End() => _end!();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            (Due, _end) = (dueTime, () => callback(state));
            return System.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, period);
        }
    }

    private sealed class SilenceAfterQuit(EndingClock clock) : IConversation
    {
        public TcpProxy? Proxy { get; set; }

        public bool HasFallen { get; private set; }

        public void Sent(ReadOnlySpan<byte> bytes)
        {
            if (bytes.StartsWith("QUIT"u8))
            {
                Proxy!.Stall();
                HasFallen = true;
                clock.End();
            }
        }

        public void Received(ReadOnlySpan<byte> bytes)
        {
            // What the server says is passed on.
        }
    }

    private sealed class RecordingLog : ILogger<EmailSender>
    {
        private readonly ConcurrentQueue<string> _lines = new();

        public string Text => string.Join('\n', _lines);

        public List<string> Take()
        {
            var lines = _lines.ToList();
            _lines.Clear();
            return lines;
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter
        ) => _lines.Enqueue(formatter(state, exception) + exception);
    }
}
